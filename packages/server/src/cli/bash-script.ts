import type { CompletionValue } from "./completion-value.js";

/** A command as completion sees it. */
export interface CompletionTree {
  readonly name: string;
  readonly commands: readonly CompletionTree[];
  /** `value`: the argument of the flag; null if it takes none. */
  readonly flags: readonly { readonly names: readonly string[]; readonly value: CompletionValue | null }[];
  /** Its arguments, if they can be completed. */
  readonly operand: CompletionValue | null;
}

/**
 * The bash completion of a command, for bash 4 and newer. It contains the names of commands, flags
 * and values, and asks for the names of bots when it completes one. It never passes them to
 * `compgen -W`, which would execute code in a name.
 */
export function bashScript(tree: CompletionTree): string {
  const own = `_${tree.name.replace(/\W/g, "_")}`;
  const paths = pathsOf(tree, "");
  const commands = paths.flatMap(([path, { commands: found }]) =>
    found.length === 0 ? [] : [`    "${path}") REPLY="${found.map(({ name }) => name).join(" ")}" ;;`],
  );
  const flags = paths.map(
    ([path, { flags: found }]) =>
      `    "${path}") REPLY="${found.flatMap(({ names }) => names).join(" ")}" ;;`,
  );
  const values = paths.flatMap(([path, { flags: found, operand }]) => [
    ...found.flatMap(({ names, value }) =>
      value === null
        ? []
        : [`    ${names.map((name) => `"${path} ${name}"`).join(" | ")}) REPLY="${specOf(value)}" ;;`],
    ),
    ...(operand === null ? [] : [`    "${path}") REPLY="${specOf(operand)}" ;;`]),
  ]);
  return template
    .replaceAll("@OWN@", own)
    .replaceAll("@NAME@", tree.name)
    .replace("@COMMANDS@", commands.join("\n"))
    .replace("@FLAGS@", flags.join("\n"))
    .replace("@VALUES@", values.join("\n"));
}

function pathsOf(tree: CompletionTree, path: string): (readonly [path: string, CompletionTree])[] {
  return [
    [path, tree],
    ...tree.commands.flatMap((one) => pathsOf(one, path === "" ? one.name : `${path} ${one.name}`)),
  ];
}

function specOf(value: CompletionValue): string {
  return value.kind === "words" || value.kind === "list"
    ? `${value.kind} ${value.words.join(" ")}`
    : value.kind;
}

const template = `# Completion of @NAME@ for bash. To load it: source <(@NAME@ completion bash)

@OWN@_commands() {
  case "$1" in
@COMMANDS@
    *) REPLY="" ;;
  esac
}

@OWN@_flags() {
  case "$1" in
@FLAGS@
    *) REPLY="" ;;
  esac
}

@OWN@_value() {
  case "$1" in
@VALUES@
    *) REPLY="" ;;
  esac
}

# Adds the words that begin with what is typed. $1: what stands before it, $2: what is typed.
@OWN@_add() {
  local before=$1 typed=$2 word
  shift 2
  for word in "$@"; do
    [[ $word == "$typed"* ]] && COMPREPLY+=("$before$word")
  done
}

# Completes a value. $1: its kind and words, $2: what stands before it, $3: what is typed of it.
@OWN@_complete_value() {
  local kind=\${1%% *} before=$2 typed=$3 word quoted words
  read -ra words <<<"\${1#"$kind"}"
  case "$kind" in
    words) @OWN@_add "$before" "$typed" "\${words[@]}" ;;
    list)
      compopt -o nospace 2>/dev/null
      if [[ $typed == *,* ]]; then
        before+=\${typed%,*},
        typed=\${typed##*,}
      fi
      for word in "\${words[@]}"; do
        [[ ,$before == *[,=]"$word",* ]] || @OWN@_add "$before" "$typed" "$word"
      done
      ;;
    channels)
      while IFS= read -r word; do
        printf -v quoted %q "$word"
        if [[ $word == "$typed"* || $quoted == "$typed"* ]]; then COMPREPLY+=("$before$quoted"); fi
      done < <("$command" completion channels "\${place[@]}" 2>/dev/null </dev/null)
      ;;
    file)
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$before$word"); done < <(compgen -f -- "$typed")
      ;;
  esac
}

@OWN@() {
  local REPLY command=\${COMP_WORDS[0]} line=\${COMP_LINE:0:COMP_POINT}
  local typed=\${line##*[[:space:]]} path="" expected="" flag="" word i head reply words
  local place=()
  COMPREPLY=()
  read -ra words <<<"\${line%"$typed"}"
  for ((i = 1; i < \${#words[@]}; i++)); do
    word=\${words[i]}
    if [[ -n $expected ]]; then
      case "$flag" in --http | --http-token | --config) place+=("$flag" "$word") ;; esac
      expected=""
    elif [[ $word == -* ]]; then
      flag=\${word%%=*}
      @OWN@_value "$path $flag"
      [[ $word == *=* ]] || expected=$REPLY
      case "$word" in --http=* | --http-token=* | --config=*) place+=("$word") ;; esac
    else
      @OWN@_commands "$path"
      if [[ " $REPLY " == *" $word "* ]]; then path=\${path:+$path }$word; fi
    fi
  done
  if [[ -n $expected ]]; then
    @OWN@_complete_value "$expected" "" "$typed"
  elif [[ $typed == --*=* ]]; then
    @OWN@_value "$path \${typed%%=*}"
    @OWN@_complete_value "$REPLY" "\${typed%%=*}=" "\${typed#*=}"
  elif [[ $typed == -* ]]; then
    @OWN@_flags "$path"
    read -ra words <<<"$REPLY"
    @OWN@_add "" "$typed" "\${words[@]}"
  else
    @OWN@_commands "$path"
    read -ra words <<<"$REPLY"
    @OWN@_add "" "$typed" "\${words[@]}"
    @OWN@_value "$path"
    @OWN@_complete_value "$REPLY" "" "$typed"
  fi
  # Bash replaces only what stands behind the last of these.
  for word in "=" ":"; do
    if [[ $COMP_WORDBREAKS == *"$word"* && $typed == *"$word"* ]]; then
      head=\${typed%"\${typed##*"$word"}"}
      for i in "\${!COMPREPLY[@]}"; do
        reply=\${COMPREPLY[i]}
        COMPREPLY[i]=\${reply#"$head"}
      done
      typed=\${typed##*"$word"}
    fi
  done
  return 0
}

complete -F @OWN@ @NAME@
`;
