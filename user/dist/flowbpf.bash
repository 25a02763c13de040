# SPDX-License-Identifier: BSD-2-Clause
# Bash completion of flowbpf. Verbs and options come from the program's own help.

_flowbpf_words() { # VERB: its long options
	"$1" help "$2" 2>/dev/null | sed -n 's/^  [ -][ a-zA-Z][ ,] \(--[a-z-]*\).*/\1/p'
}

_flowbpf_subverbs() { # VERB: the words that its usage has
	"$1" help "$2" 2>/dev/null | sed -n 's/^usage: flowbpf [a-z]* \[OPTION...\]//p' | grep -oE '[a-z]+'
}

_flowbpf() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local program=${COMP_WORDS[0]} verb=${COMP_WORDS[1]} words=
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		words=$("$program" help 2>/dev/null | sed -n 's/^  \([a-z]*\)  *.*/\1/p')
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		return
	fi
	case $prev in
	--config | -c | --socket | --token-file | --tls-cert | --tls-key | --output | -o | --pin | \
		--hosts | --geo | --feed | --state | --eve | --ndjson | --ipfix-ca | --ca | --clickhouse-login | \
		--clickhouse-ca | --kafka-config | --connect | --connect-token | --connect-ca | --sensors | --password-file)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--fields | --sort | -s | --metrics-top | --group-by | -g)
		words=$("$program" fields --names 2>/dev/null)
		;;
	--format | -F) words="ndjson json csv" ;;
	--live) words="live closed both" ;;
	--hook) words="auto clsact" ;;
	--dialect) words="18 24" ;;
	--quality | --judge) words="on off" ;;
	--per) words="host all" ;;
	--view | -v) words="flows hosts processes names alerts interfaces" ;;
	--color) words="auto always never" ;;
	--history) words="on off flows=7d/2G,size=4G" ;;
	--icon) words="computer laptop phone tablet tv speaker console printer camera sensor server router" ;;
	--role) words="viewer operator admin" ;;
	--log) words="error warning info debug" ;;
	*)
		case $cur in
		-*) words=$(_flowbpf_words "$program" "$verb") ;;
		*)
			case $verb in
			attach | detach | doctor | dump | panic)
				words=$(ls /sys/class/net 2>/dev/null)
				;;
			help)
				words=$("$program" help 2>/dev/null | sed -n 's/^  \([a-z]*\)  *.*/\1/p')
				;;
			automation)
				words="$(_flowbpf_subverbs "$program" "$verb") scan brute flood list external-internal internal-external"
				;;
			replay)
				mapfile -t COMPREPLY < <(compgen -f -- "$cur")
				return
				;;
			*) words=$(_flowbpf_subverbs "$program" "$verb") ;;
			esac
			;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _flowbpf flowbpf
