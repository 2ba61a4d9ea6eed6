# SPDX-License-Identifier: Apache-2.0
#
# Completion of trivet's command line for bash: installed by `make install`, or
#
#     . tools/trivet/completion/trivet.bash
#
# zsh understands it as well, after:  autoload -U bashcompinit && bashcompinit
#
# Commands and options are asked of the program itself, so there is no list here to keep.

_trivet_commands()
{
	"$1" help 2>/dev/null | sed -n 's/^  trivet \([a-z][a-z]*\) .*/\1/p' | sort -u
}

_trivet_options()
{
	"$1" help "$2" 2>/dev/null | sed -n 's/^  \(-[-A-Za-z]*\).*/\1/p' | sort -u
}

_trivet_platforms()
{
	"$1" check --platform '?' - </dev/null 2>&1 | sed -n 's/.*one of //p' | tr -d ,
}

# The words an option takes, one of $1; status 1: it takes none that are known.
_trivet_values()
{
	case $2 in
	--platform) _trivet_platforms "$1" ;;
	--color) echo auto never always ;;
	--lang) echo axvisor qvmconf camkes packed ;;
	--to) echo toml qvmconf camkes ;;
	--location) echo fs memory ;;
	--table) echo none mbr gpt ;;
	--as) echo text packed ;;
	--arch) echo aarch64 ;;
	*) return 1 ;;
	esac
}

_trivet()
{
	local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]-}
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		words="$(_trivet_commands "$program") --version"
	elif [ "$command" = help ]; then
		words=$(_trivet_commands "$program")
	elif words=$(_trivet_values "$program" "$before"); then
		[ "$before" != --platform ] || words="$words $(compgen -f -- "$word" || true)"
	elif [ "${word#-}" != "$word" ]; then
		words=$(_trivet_options "$program" "$command")
	else
		words=$(compgen -f -- "$word" || true)
	fi
	# One candidate in each line; names of files with spaces in them are not offered.
	while IFS= read -r words; do
		COMPREPLY+=("$words")
	done < <(compgen -W "$words" -- "$word")
}

complete -o filenames -F _trivet trivet
