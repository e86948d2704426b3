using System.Collections;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Postroom.Host;

/// <summary>Gives the service the runtime it needs: settings of .NET that can only be given by environment.</summary>
/// <remarks>
/// A socket's completion runs where it was noticed instead of on another thread: a mail is a dozen round trips, and
/// nothing of ours blocks there (55 against 25 thread switches a mail). And the garbage collector takes its youngest
/// generation from the size of the processor's cache: on a server with 260 MB of it, every allocation would touch new
/// memory, which costs more than the mail itself (measured: 0.15 against 0.6 ms a mail, 70 against 190 MB). The
/// published program has that setting built in; where it runs on an installed runtime, it starts itself once more with
/// it: the same process, by execve, before anything else has been done. Elsewhere than on Linux, or if that fails, it
/// goes on as it is.
/// </remarks>
internal static class RuntimeTuning
{
    private const string Inline = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
    private const string Youngest = "DOTNET_GCgen0size";

    /// <summary>Returns if nothing had to be changed, or could not be.</summary>
    public static void Apply()
    {
        if (Environment.GetEnvironmentVariable(Inline) is null)
            Environment.SetEnvironmentVariable(Inline, "1");
        if (RuntimeFeature.IsDynamicCodeSupported && OperatingSystem.IsLinux()
            && Environment.GetEnvironmentVariable(Youngest) is null)
            StartAgain($"{Youngest}=0x1000000"); // 16 MiB, as Postroom.csproj has it
    }

    private static void StartAgain(string setting)
    {
        try
        {
            var words = Encoding.UTF8.GetString(File.ReadAllBytes("/proc/self/cmdline")).Split('\0')[..^1];
            var variables = new List<string>();
            foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
                variables.Add($"{variable.Key}={variable.Value}");
            variables.Add(setting);
            var program = File.ResolveLinkTarget("/proc/self/exe", returnFinalTarget: true)?.FullName ?? words[0];
            _ = Execve(program, [.. words, null], [.. variables, null]);
        }
        catch (IOException)
        {
            return; // No /proc: slower, not wrong.
        }
    }

    [DllImport(
        "libc", EntryPoint = "execve", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Execve(string path, string?[] words, string?[] variables);
}
