import { print } from '../output.js';

// Each script asks `heatline __complete =CURRENT WORDS…`: "=" keeps an empty word from getting lost on the way.
const SCRIPTS = {
  bash: `# heatline completion for bash: add to ~/.bashrc
#   eval "$(heatline completion bash)"
_heatline() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("$(printf '%q' "\${line%%$'\\t'*}")")
    fi
  done < <(heatline __complete "=\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)
}
complete -F _heatline heatline
`,
  zsh: `#compdef heatline
# heatline completion for zsh: add to ~/.zshrc, after compinit
#   eval "$(heatline completion zsh)"
_heatline() {
  local line word
  local -a described
  for line in "\${(@f)$(heatline __complete "=\${words[CURRENT]}" "\${(@)words[2,CURRENT-1]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
    elif [[ -n $line ]]; then
      word=\${line%%$'\\t'*}
      if [[ $line == *$'\\t'* ]]; then described+=("\${word//:/\\\\:}:\${line#*$'\\t'}"); else described+=("\${word//:/\\\\:}"); fi
    fi
  done
  (( $#described )) && _describe heatline described
  return 0
}
compdef _heatline heatline
`,
  fish: `# heatline completion for fish: save as ~/.config/fish/completions/heatline.fish
function __heatline_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in (heatline __complete "=$current" $words[2..-1] 2>/dev/null)
    if test "$line" = ":files"
      __fish_complete_path "$current"
    else
      echo $line
    end
  end
end
complete -c heatline -f -a '(__heatline_complete)'
`,
  pwsh: `# heatline completion for PowerShell: add to $PROFILE
#   heatline completion pwsh | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName heatline -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object {
      if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.ToString() }
    })
  $current = $wordToComplete.Trim("'", '"')
  heatline __complete "=$current" @words 2>$null | ForEach-Object {
    if ($_ -eq ':files') {
      [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
    } else {
      $word, $about = $_ -split "\`t", 2
      if (-not $about) { $about = $word }
      $text = if ($word -match '[\\s''"()[\\]{}|;,&$@#<>\`]') { "'" + $word.Replace("'", "''") + "'" } else { $word }
      [System.Management.Automation.CompletionResult]::new($text, $word, 'ParameterValue', $about)
    }
  }
}
`,
} as const;

/** Shells that completion is written for. */
export type Shell = keyof typeof SCRIPTS;

/** `heatline completion SHELL`: the script that the shell loads. */
export async function completion(shell: Shell): Promise<void> {
  await print(SCRIPTS[shell]);
}
