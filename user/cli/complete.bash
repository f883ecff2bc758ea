# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Completion for bash, and for zsh after "bashcompinit". faultline itself says
# what may come next (complete.h).

_faultline() {
	local line=${COMP_LINE:0:$COMP_POINT} word typed file

	COMPREPLY=()
	while IFS= read -r word; do
		if [ "$word" = / ]; then
			typed=${line##*[[:blank:]]}
			while IFS= read -r file; do
				COMPREPLY+=("$file")
			done < <(compgen -f -- "${typed#--*=}")
			compopt -o filenames 2>/dev/null
			continue
		fi
		# Where "=" ends a word, only what is after it is replaced.
		[[ ${COMP_WORDBREAKS-} != *=* ]] || word=${word#--*=}
		printf -v word %q "$word"
		COMPREPLY+=("$word")
	done < <("${1/#\~\//$HOME/}" complete "$line" 2>/dev/null)
}

complete -F _faultline faultline
