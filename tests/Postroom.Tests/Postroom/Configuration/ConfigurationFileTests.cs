using Postroom.Configuration;
using Xunit;

namespace Postroom.Tests.Program.Configuration;

/// <summary>Each file beside this one says what it is about; a refused one has its messages in a .txt of the same name.</summary>
public sealed class ConfigurationFileTests
{
    public static TheoryData<string> Refused => Files("refused");

    public static TheoryData<string> Accepted => Files("accepted");

    [Theory, MemberData(nameof(Refused))]
    public void A_wrong_file_is_refused_with_all_that_is_wrong(string name)
    {
        var reading = Read("refused", name);
        Assert.Null(reading.Configuration);
        Golden.Equal(Path.Combine(Folder, "refused", name + ".txt"), string.Concat(reading.Mistakes.Select(m => m + "\n")));
    }

    [Theory, MemberData(nameof(Accepted))]
    public void A_right_file_is_accepted_without_a_word(string name)
    {
        var reading = Read("accepted", name);
        Assert.Empty(reading.Mistakes);
        Assert.NotNull(reading.Configuration);
    }

    [Theory, MemberData(nameof(Accepted))]
    public void What_print_prints_reads_back_as_the_same(string name)
    {
        var reading = Read("accepted", name);
        var printed = ConfigurationText.Print(reading);
        var again = ConfigurationReader.Read(Source(printed));
        Assert.Empty(again.Mistakes);
        Assert.Equal(printed, ConfigurationText.Print(again));
    }

    [Fact]
    public void The_reference_page_is_made_from_the_table_of_settings() =>
        Golden.Equal(Path.Combine(Golden.Root, "docs", "reference", "configuration.md"), ConfigurationText.Manual());

    private static string Folder => Path.Combine(Golden.Root, "tests", "Postroom.Tests", "Postroom", "Configuration");

    private static Reading Read(string kind, string name) =>
        ConfigurationReader.Read(Source(File.ReadAllText(Path.Combine(Folder, kind, name + ".toml"))));

    private static ConfigurationSource Source(string text) =>
        new(text, "postroom.toml", new Dictionary<string, string>(), "machine.example", "/srv/data");

    private static TheoryData<string> Files(string kind) =>
        [.. Directory.GetFiles(Path.Combine(Folder, kind), "*.toml").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];
}
