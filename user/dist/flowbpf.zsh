#compdef flowbpf
# SPDX-License-Identifier: BSD-2-Clause
# Zsh completion of flowbpf. Verbs and options come from the program's own help.

_flowbpf_verbs() {
	local -a verbs
	verbs=(${(f)"$("$1" help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\).*  \([A-Z].*\)/\1:\2/p; t; s/^  \([a-z][a-z]*\).*/\1/p')"})
	_describe verb verbs
}

_flowbpf_options() { # PROGRAM VERB
	local -a options
	options=(${(f)"$("$1" help "$2" 2>/dev/null |
		sed -n 's/^  [ -][ a-zA-Z][ ,] \(--[a-z-]*\)[^ ]*\( [A-Z]*\)\{0,1\}  *\(.*\)/\1:\3/p')"})
	_describe option options
}

_flowbpf_subverbs() { # PROGRAM VERB: the words that its usage has
	"$1" help "$2" 2>/dev/null | sed -n 's/^usage: flowbpf [a-z]* \[OPTION...\]//p' | grep -oE '[a-z]+'
}

_flowbpf() {
	local program=$words[1] verb=$words[2]
	if (( CURRENT == 2 )); then
		_flowbpf_verbs $program
		return
	fi
	case $words[CURRENT-1] in
	--config | -c | --socket | --token-file | --tls-cert | --tls-key | --output | -o | --pin | --hosts | --geo | --feed | --state | --eve | --ndjson | --ipfix-ca | --ca | --clickhouse-login | --clickhouse-ca | --kafka-config | --connect | --connect-token | --connect-ca | --sensors | --password-file)
		_files
		return
		;;
	--fields) compadd -S '' -q -P "${PREFIX%${PREFIX##*,}}" -- ${(f)"$($program fields --names 2>/dev/null)"} && return ;;
	--sort | -s | --metrics-top) compadd -- ${(f)"$($program fields --names 2>/dev/null)"} && return ;;
	--format | -F) compadd ndjson json csv && return ;;
	--live) compadd live closed both && return ;;
	--hook) compadd auto clsact && return ;;
	--quality | --judge) compadd on off && return ;;
	--per) compadd host all && return ;;
	--view | -v) compadd flows hosts processes names alerts interfaces && return ;;
	--color) compadd auto always never && return ;;
	--history) compadd on off flows=7d/2G,size=4G && return ;;
	--icon) compadd computer laptop phone tablet tv speaker console printer camera sensor server router && return ;;
	--role) compadd viewer operator admin && return ;;
	--log) compadd error warning info debug && return ;;
	esac
	if [[ $PREFIX == -* ]]; then
		_flowbpf_options $program $verb
		return
	fi
	case $verb in
	attach | detach | doctor | dump | panic) compadd -- /sys/class/net/*(:t) ;;
	help) _flowbpf_verbs $program ;;
	automation)
		compadd -- ${(f)"$(_flowbpf_subverbs $program $verb)"} scan brute flood list external-internal internal-external
		;;
	replay) _files ;;
	*) compadd -- ${(f)"$(_flowbpf_subverbs $program $verb)"} ;;
	esac
}

_flowbpf "$@"
