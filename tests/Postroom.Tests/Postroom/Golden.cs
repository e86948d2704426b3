using Xunit;

namespace Postroom.Tests.Program;

/// <summary>Approved text beside the code. <c>POSTROOM_APPROVE=1</c> writes it anew; the change then shows in the diff.</summary>
internal static class Golden
{
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    public static void Equal(string file, string actual)
    {
        if (Environment.GetEnvironmentVariable("POSTROOM_APPROVE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, actual);
        }
        Assert.Equal(File.Exists(file) ? File.ReadAllText(file) : $"no file {Path.GetFileName(file)}", actual);
    }

    private static string FindRoot(string from)
    {
        var folder = new DirectoryInfo(from);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Postroom.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("Postroom.slnx is not above " + from);
    }
}
