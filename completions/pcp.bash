# SPDX-License-Identifier: GPL-3.0-or-later
#
# bash completion for pcp, with and without the package bash-completion.
#
# Where cp is a link to pcp, and is to have the same:  complete -F _pcp cp

_pcp()
{
	local IFS=$' \t\n'
	# Of --option and --option= the first is given where the value may be left out.
	local options='
		-0 -a --adaptive --anchored --archive --atomic --attributes-only -b --backup --backup= --beneath --bwlimit= --check-journal= --checksum-file= --chunk= --context --context=
		--control= --copy-contents -d --debug --delete --delete-excluded --dereference --dry-run --dry-run= --exclude= --exclude-caches --exclude-from= --exclude-tag= -f --failed-to= --files-from= --force --fsync -H --help -i --ignore-case --include=
		--interactive -j --jobs= --journal= --journal-restart --json --json= --json-files --json-interval= --keep-directory-symlink -l --link --log= -L --max-delete= --max-errors= --max-size= --max-time= --metrics= --min-size= --mirror -n --newer= --nice --no-anchored
		--no-clobber --no-dereference --no-ignore-case --no-preserve= --no-target-directory --no-wildcards --no-wildcards-match-slash --null
		--older= --one-file-system -p -P --ops-limit= --parents --preserve --preserve= --progress --progress= -q --quiet -r -R --recursive --reflink --reflink= --remove-destination --report= --retry= -s -S
		--sparse= --stats --stop-at= --strict --strip-trailing-slashes --suffix= --symbolic-link -t -T
		--target-directory= -u --update --update= -v --verbose --verify --verify= --version --wildcards --wildcards-match-slash --window= -x -X -Z'
	local -a words
	local token=${COMP_WORDS[COMP_CWORD]} i n=0 glue='' word rest left='' cur lead
	# The option that the word belongs to, what stands before its value, and that
	local option='' head='' value=''

	COMPREPLY=()

	# bash parts words at "=": put --option=value together again.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $glue ]] || [[ $word == '=' && $n -gt 0 && ${words[n - 1]} == --?* ]]; then
			words[n - 1]+=$word
			glue=''
			[[ $word != '=' ]] || glue=yes
		else
			words[n++]=$word
		fi
	done
	[[ $token != '=' ]] || token=''
	cur=${words[n - 1]}
	lead=${cur:0:${#cur} - ${#token}}

	for ((i = 0; i < n; i++)); do
		word=${words[i]}
		if [[ $option ]]; then
			# the value of the option before it
			value=$word
			((i == n - 1)) || option=''
			continue
		fi
		case $word in
		--)
			((i == n - 1)) || return 0
			;;
		--*=*)
			((i < n - 1)) || option=${word%%=*} head=${word%%=*}= value=${word#*=}
			;;
		--*)
			# one that needs a value has it in the next word
			if ((i < n - 1)) && [[ $options == *[[:space:]]"$word="* &&
				$options != *[[:space:]]"$word"[[:space:]]* ]]; then
				option=$word
			fi
			;;
		-*)
			# a letter with a value is the last one of its word
			rest=${word#-}
			while [[ $rest ]]; do
				if [[ $rest == [jStX]* ]]; then
					if [[ ${rest:1} ]]; then
						((i < n - 1)) || option=-${rest:0:1} value=${rest:1} \
							head=${word%"${rest:1}"}
					else
						((i == n - 1)) || option=-$rest
					fi
					break
				fi
				rest=${rest:1}
			done
			;;
		esac
	done

	case $option in
	'')
		# files are left to bash
		[[ $cur == -* ]] || return 0
		COMPREPLY=($(compgen -W "$options" -- "$cur"))
		[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
		;;
	--backup)
		COMPREPLY=($(compgen -P "$head" -W 'none off simple never numbered t existing nil' \
			-- "$value"))
		;;
	--preserve | --no-preserve)
		# a list: those that it does not have yet
		rest=${value%"${value##*,}"}
		for word in mode ownership timestamps links context xattr all; do
			[[ ,$rest == *,"$word",* ]] || left+=" $word"
		done
		COMPREPLY=($(compgen -P "$head$rest" -W "$left" -- "${value##*,}"))
		compopt -o nospace 2>/dev/null
		;;
	--reflink | --sparse)
		COMPREPLY=($(compgen -P "$head" -W 'auto always never' -- "$value"))
		;;
	--progress)
		COMPREPLY=($(compgen -P "$head" -W 'auto always never line' -- "$value"))
		;;
	--update)
		COMPREPLY=($(compgen -P "$head" -W 'all none none-fail older changed checksum' -- "$value"))
		;;
	--dry-run)
		COMPREPLY=($(compgen -P "$head" -W 'explain' -- "$value"))
		;;
	--verify)
		COMPREPLY=($(compgen -P "$head" -W 'sha256 xxh128' -- "$value"))
		;;
	-t | --target-directory | --journal | --check-journal)
		mapfile -t COMPREPLY < <(compgen -P "$head" -d -- "$value")
		compopt -o filenames +o default +o bashdefault 2>/dev/null
		;;
	--checksum-file | -X | --exclude-from | --failed-to | --files-from | --log | --metrics | --newer | --older | --report)
		# a file, which is left to bash
		return 0
		;;
	*)
		# a number, a suffix, a context
		compopt +o default +o bashdefault 2>/dev/null
		;;
	esac
	# bash keeps what stands before the last "=".
	COMPREPLY=("${COMPREPLY[@]#"$lead"}")
}

complete -o bashdefault -o default -F _pcp pcp
