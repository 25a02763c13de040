# SPDX-License-Identifier: BSD-2-Clause
# Fish completion of flowbpf. Verbs and options come from the program's own help.

function __flowbpf_verbs
    flowbpf help 2>/dev/null | string replace -rf '^  ([a-z]+)(?:\W.*?  +([A-Z].*)|.*)$' '$1\t$2'
end

function __flowbpf_verb
    set -l words (commandline -opc)
    set -q words[2]; and echo $words[2]
end

function __flowbpf_options
    flowbpf help (__flowbpf_verb) 2>/dev/null |
        string replace -rf '^  [ -][ a-zA-Z][ ,] (--[a-z-]+)\S*(?: [A-Z]+)?  +(.*)' '$1\t$2'
end

function __flowbpf_subverbs # the words that the verb's usage has
    flowbpf help (__flowbpf_verb) 2>/dev/null |
        string replace -rf '^usage: flowbpf [a-z]* \[OPTION...\]' '' | string match -ar '[a-z]+'
end

function __flowbpf_fields # those before the last comma stay
    set -l before (commandline -ct | string replace -r '[^,]*$' '')
    flowbpf fields --names 2>/dev/null | string replace -r '^' "$before"
end

function __flowbpf_verb_is
    contains -- (__flowbpf_verb) $argv
end

function __flowbpf_after
    contains -- (commandline -opc)[-1] $argv
end

complete -c flowbpf -f
complete -c flowbpf -n 'not __flowbpf_verb' -a '(__flowbpf_verbs)'
complete -c flowbpf -n '__flowbpf_verb_is help' -a '(__flowbpf_verbs)'
complete -c flowbpf -n 'string match -q -- "-*" (commandline -ct)' -a '(__flowbpf_options)'
complete -c flowbpf -n '__flowbpf_verb_is attach detach doctor dump panic' -a '(command ls /sys/class/net 2>/dev/null)'
complete -c flowbpf -n __flowbpf_verb -a '(__flowbpf_subverbs)'
complete -c flowbpf -n '__flowbpf_verb_is automation' -a 'scan brute flood list external-internal internal-external'
complete -c flowbpf -n '__flowbpf_verb_is replay' -F
complete -c flowbpf -n '__flowbpf_after --config -c --socket --token-file --tls-cert --tls-key --output -o --pin --hosts --geo --feed --state --eve --ndjson --ipfix-ca --ca --clickhouse-login --clickhouse-ca --kafka-config --connect --connect-token --connect-ca --sensors --password-file' -F
complete -c flowbpf -n '__flowbpf_after --fields --sort -s --metrics-top' -a '(__flowbpf_fields)'
complete -c flowbpf -n '__flowbpf_after --format -F' -a 'ndjson json csv'
complete -c flowbpf -n '__flowbpf_after --live' -a 'live closed both'
complete -c flowbpf -n '__flowbpf_after --hook' -a 'auto clsact'
complete -c flowbpf -n '__flowbpf_after --quality' -a 'on off'
complete -c flowbpf -n '__flowbpf_after --judge' -a 'on off'
complete -c flowbpf -n '__flowbpf_after --per' -a 'host all'
complete -c flowbpf -n '__flowbpf_after --view -v' -a 'flows hosts processes names alerts interfaces'
complete -c flowbpf -n '__flowbpf_after --color' -a 'auto always never'
complete -c flowbpf -n '__flowbpf_after --history' -a 'on off flows=7d/2G,size=4G'
complete -c flowbpf -n '__flowbpf_after --icon' -a 'computer laptop phone tablet tv speaker console printer camera sensor server router'
complete -c flowbpf -n '__flowbpf_after --role' -a 'viewer operator admin'
complete -c flowbpf -n '__flowbpf_after --log' -a 'error warning info debug'
