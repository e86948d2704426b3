using Postroom.Relay.Identity;
using Xunit;

namespace Postroom.Tests.Relay.Identity;

public sealed class ThisMachineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-machine-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("", "0123456789abcdef0123456789abcdef\n", true)]          // the first is empty: the next one counts
    [InlineData("uninitialized\n", "0123456789abcdef0123456789abcdef\n", true)] // machine-id(5): a first boot
    [InlineData("", "\n", false)]
    public void The_id_is_the_first_that_there_is_and_never_shown_as_it_is(string first, string second, bool isFound)
    {
        var files = new[] { Write("first", first), Write("second", second), Path.Combine(_folder, "none") };
        var id = ThisMachine.IdOf(files);
        Assert.Equal(isFound, id is not null);
        Assert.False(isFound && (id!.Length != 12 || second.Contains(id, StringComparison.Ordinal)));
        Assert.Equal(id, ThisMachine.IdOf(files));
        Assert.NotEqual(id, ThisMachine.IdOf([Write("other", "f123456789abcdef0123456789abcdef")]));
    }

    [Fact]
    public void Of_network_cards_only_real_ones_count()
    {
        Card("eth0", "52:54:00:00:00:01", assigned: "0", isReal: true);
        Card("eth1", "52:54:00:00:00:01", assigned: "0", isReal: true); // two ports of one address
        Card("docker0", "02:42:00:00:00:01", assigned: "1", isReal: false);
        Card("random", "02:42:00:00:00:02", assigned: "1", isReal: true);
        Card("lo", "00:00:00:00:00:00", assigned: "0", isReal: false);
        Assert.Equal(["52:54:00:00:00:01"], ThisMachine.CardsOf(_folder));
        Assert.Empty(ThisMachine.CardsOf(Path.Combine(_folder, "none")));
    }

    [Fact]
    public void A_folder_is_the_same_after_a_rename_and_another_after_a_copy()
    {
        var made = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
        var born = ThisMachine.FolderOf(made);
        Assert.SkipWhen(born is null, "this file system does not tell when a folder was made");
        Directory.Move(made, made + "-renamed");
        Assert.Equal(born, ThisMachine.FolderOf(made + "-renamed"));
        Directory.SetLastWriteTimeUtc(made + "-renamed", DateTime.UnixEpoch);
        Assert.Equal(born, ThisMachine.FolderOf(made + "-renamed"));
        Directory.CreateDirectory(made);
        Assert.NotEqual(born, ThisMachine.FolderOf(made));
        Assert.Null(ThisMachine.FolderOf(Path.Combine(_folder, "none")));
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    private void Card(string name, string address, string assigned, bool isReal)
    {
        var card = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        File.WriteAllText(Path.Combine(card, "address"), address + "\n");
        File.WriteAllText(Path.Combine(card, "addr_assign_type"), assigned + "\n");
        if (isReal)
            Directory.CreateDirectory(Path.Combine(card, "device"));
    }
}
