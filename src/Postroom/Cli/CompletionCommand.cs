using System.CommandLine;

namespace Postroom.Cli;

/// <summary><c>postroom completion bash|zsh|fish</c>: prints a script that asks the program itself what may come next.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # bash: postroom completion bash > /etc/bash_completion.d/postroom
        _postroom() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(postroom "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _postroom postroom
        """;

    private const string Zsh = """
        # zsh: postroom completion zsh > "${fpath[1]}/_postroom"
        #compdef postroom
        _postroom() {
            local -a found
            found=("${(@f)$(postroom "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -a found
        }
        compdef _postroom postroom
        """;

    private const string Fish = """
        # fish: postroom completion fish > ~/.config/fish/completions/postroom.fish
        function __postroom
            set -l line (commandline -cp)
            postroom "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c postroom -a '(__postroom)'
        """;

    public static Command Build(Screen screen)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var completion = new Command("completion", "Print a script that completes postroom's words in a shell") { shell };
        completion.SetAction(result =>
        {
            screen.Line(result.GetValue(shell) switch { "zsh" => Zsh, "fish" => Fish, _ => Bash });
            return (int)ExitCode.Done;
        });
        return completion;
    }
}
