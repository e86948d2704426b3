using System.Diagnostics;
using System.Text;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>What a finished program said.</summary>
internal sealed record Said(int ExitCode, byte[] Output, string Error)
{
    public string Text => Encoding.UTF8.GetString(Output);

    /// <summary>Both streams, for an assertion's message.</summary>
    public override string ToString() => $"exit code {ExitCode}\n{Text}\n{Error}";
}

/// <summary>Runs programs of this machine, always with a limit and never with a terminal.</summary>
internal static class Shell
{
    /// <summary>Generous: a test that waits this long has failed, however slow the machine.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    public static ProcessStartInfo Command(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NO_COLOR"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        return start;
    }

    public static async Task<Said> RunAsync(
        string program, IEnumerable<string> arguments, string input = "", TimeSpan? limit = null)
    {
        using var process = Process.Start(Command(program, arguments))!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        over.CancelAfter(limit ?? Limit);
        using var output = new MemoryStream();
        try
        {
            var copying = process.StandardOutput.BaseStream.CopyToAsync(output, over.Token);
            var error = await process.StandardError.ReadToEndAsync(over.Token);
            await copying;
            await process.WaitForExitAsync(over.Token);
            return new Said(process.ExitCode, output.ToArray(), error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end");
        }
    }

    /// <summary>As root: directly, or by sudo where the tests run as somebody else.</summary>
    public static Task<Said> RunAsRootAsync(string program, params string[] arguments) => Environment.UserName == "root"
        ? RunAsync(program, arguments)
        : RunAsync("sudo", ["-n", program, .. arguments]);

    public static Task SignalAsync(Process process, string signal) =>
        RunAsync("bash", ["-c", $"kill -{signal} {process.Id}"]);
}
