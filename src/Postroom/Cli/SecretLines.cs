using System.Globalization;
using Postroom.Relay.Vault;

namespace Postroom.Cli;

/// <summary>Reads a file of secrets: <c>NAME=VALUE</c> a line, as files of environment variables are; # begins a
/// comment.</summary>
internal static class SecretLines
{
    /// <summary>All of them, or none: a mistake is told with its line, and nothing of what stands there.</summary>
    /// <exception cref="CliException">A line is wrong, or there is none.</exception>
    public static IReadOnlyList<(string Name, string Value)> Read(string file, string[] lines)
    {
        var all = new List<(string, string)>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Trim() is { Length: 0 } or ['#', ..])
                continue;
            var equals = lines[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? "" : lines[i][..equals].Trim();
            if (!SecretVault.IsName(name) || equals + 1 == lines[i].Length)
                throw new CliException(ExitCode.Wrong, string.Create(CultureInfo.InvariantCulture,
                    $"{file}({i + 1}): no NAME=VALUE; a name has small letters, digits, dots, hyphens and underscores. "
                    + $"Nothing was kept"));
            all.Add((name, lines[i][(equals + 1)..]));
        }

        return all.Count > 0 ? all : throw new CliException(ExitCode.Wrong, $"{file} holds no secret");
    }
}
