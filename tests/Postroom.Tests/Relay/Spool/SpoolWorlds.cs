using System.Text;
using Postroom.Shared;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Spool.Journal.Check;

namespace Postroom.Tests.Relay.Spool;

/// <summary>A folder of this machine. A kill is a copy of it taken while the process still has it open.</summary>
public sealed class RealWorld : SpoolWorld
{
    private readonly string _base = Directory.CreateTempSubdirectory("postroom-").FullName;
    private int _life;

    public override void Kill()
    {
        var (from, to) = (Folder(_life), Folder(_life + 1));
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(folder.Replace(from, to, StringComparison.Ordinal));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            if (Path.GetFileName(file) != "lock")
                File.Copy(file, file.Replace(from, to, StringComparison.Ordinal));
        _life++;
    }

    public override bool PowerCut() => false;

    /// <summary>The index is gone; the next life builds it anew.</summary>
    public void LoseIndex()
    {
        foreach (var file in Directory.GetFiles(Folder(_life), SpoolOpening.LedgerFile + "*"))
            File.Delete(file);
    }

    /// <summary>The files in which a text stands, in any case.</summary>
    public IReadOnlyList<string> FilesWith(string text) =>
        [.. Directory.GetFiles(Folder(_life), "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "lock" && Encoding.Latin1.GetString(File.ReadAllBytes(file))
                .Contains(text, StringComparison.OrdinalIgnoreCase))
            .Select(file => Path.GetRelativePath(Folder(_life), file))];

    /// <summary>What a verification of the folder at rest says.</summary>
    public VerifyReport Verify() => JournalCheck.Verify(new RealDisk(Folder(_life)));

    public string PathOf(string name) => Path.Combine(Folder(_life), name);

    /// <summary>Octets that the segments take on the disk which are no longer written to.</summary>
    public long TakenByBodies() => Directory.GetFiles(Path.Combine(Folder(_life), "journal"), "*.seg")
        .Order(StringComparer.Ordinal).SkipLast(1).Sum(TakenBy);

    private static long TakenBy(string file)
    {
        try
        {
            return RealDisk.OctetsTaken(file);
        }
        catch (FileNotFoundException)
        {
            return 0; // it went meanwhile
        }
    }

    protected override SpoolPlace Place()
    {
        var folder = Folder(_life);
        Directory.CreateDirectory(folder);
        return new SpoolPlace(
            new RealDisk(folder), Path.Combine(folder, SpoolOpening.LedgerFile), DataFolderLock.Take(folder));
    }

    protected override void CleanUp() => Directory.Delete(_base, recursive: true);

    private string Folder(int life)
    {
        var folder = Path.Combine(_base, $"life{life}");
        Directory.CreateDirectory(folder);
        return folder;
    }
}

/// <summary>A disk that loses and tears what was not synced. The index is lost with the power now and then.</summary>
public sealed class SimulatedWorld(int seed) : SpoolWorld
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-").FullName;
    private readonly Random _dice = new(seed);
    private int _ledger;

    public SimulatedDisk Disk { get; private set; } = new(new Random(seed));

    public override void Kill()
    {
        Disk = Disk.Kill();
        CopyLedger();
    }

    public override bool PowerCut()
    {
        Disk = Disk.PowerCut();
        if (_dice.Next(2) == 0)
            CopyLedger();
        else
            _ledger++;
        return true;
    }

    protected override SpoolPlace Place() => new(Disk, Ledger(_ledger), null);

    protected override void CleanUp() => Directory.Delete(_folder, recursive: true);

    // SQLite's own promise holds for any moment at which its files are copied in this order.
    private void CopyLedger()
    {
        foreach (var part in (string[])["", "-wal"])
            if (File.Exists(Ledger(_ledger) + part))
                File.Copy(Ledger(_ledger) + part, Ledger(_ledger + 1) + part);
        _ledger++;
    }

    private string Ledger(int life) => Path.Combine(_folder, $"ledger{life}.db");
}

public sealed class RealSpoolTests : SpoolCompliance
{
    protected override SpoolWorld NewWorld() => new RealWorld();
}

public sealed class RealSpoolDirectiveTests : SpoolDirectiveCompliance
{
    protected override SpoolWorld NewWorld() => new RealWorld();
}

public sealed class RealSpoolClockTests : SpoolClockCompliance
{
    protected override SpoolWorld NewWorld() => new RealWorld();
}

public sealed class SimulatedSpoolTests : SpoolCompliance
{
    protected override SpoolWorld NewWorld() => new SimulatedWorld(seed: 2026);
}

public sealed class SimulatedSpoolDirectiveTests : SpoolDirectiveCompliance
{
    protected override SpoolWorld NewWorld() => new SimulatedWorld(seed: 11);
}

public sealed class SimulatedSpoolClockTests : SpoolClockCompliance
{
    protected override SpoolWorld NewWorld() => new SimulatedWorld(seed: 7);
}
