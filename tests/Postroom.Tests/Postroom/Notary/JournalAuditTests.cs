using Postroom.Api;
using Postroom.Mail.Audit;
using Postroom.Notary;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Check;
using Postroom.Relay.Vault;
using Postroom.Shared;
using Postroom.Tests.Relay.Spool.Journal;
using Postroom.Tests.Relay.Vault;
using Xunit;

namespace Postroom.Tests.Program.Notary;

/// <summary>What whoever rewrites the whole journal, chain and all, cannot do: make what was kept elsewhere
/// fit.</summary>
public sealed class JournalAuditTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-audit-").FullName;
    private readonly VaultHouse _vault = new();
    private readonly KeyBook _book;
    private readonly ChainSigner _signer;

    public JournalAuditTests()
    {
        _book = new KeyBook(Path.Combine(_folder, "installation"), Path.Combine(_folder, "checkpoints.pem"));
        _signer = SignerOf(_vault.Vault);
        _signer.Begin();
    }

    public void Dispose()
    {
        _vault.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_was_kept_fits_the_journal_that_it_was_made_of()
    {
        var (disk, kept) = await LivedAsync(lives: 3);
        var answer = await VerifyAsync(disk, new AuditRequest(string.Join('\n', kept), _book.Answer.Pem));
        Assert.True(answer.Sound, string.Join('\n', answer.Breaks));
        Assert.Equal(new TallyAnswer(3, 0, 0, 0, 0), answer.Kept);
        Assert.Equal(new TallyAnswer(3, 0, 0, 0, 0), answer.Checkpoints);
        Assert.Equal(kept, JournalAudit.ListOf(EventsOf(disk)).Checkpoints.Select(one => one.Line));
    }

    [Fact]
    public async Task A_journal_rewritten_whole_with_its_chain_is_found_by_what_was_kept_and_by_nothing_else()
    {
        var (_, kept) = await LivedAsync(lives: 3);
        var (forged, _) = await LivedAsync(lives: 3, subject: "y");
        Assert.True((await VerifyAsync(forged, new AuditRequest())).Sound); // whoever has the key can do that
        var answer = await VerifyAsync(forged, new AuditRequest(string.Join('\n', kept)));
        Assert.Equal(3, answer.Kept!.Wrong);
        Assert.Equal(kept[0], answer.Breaks[0].Checkpoint); // the first that does not fit
        Assert.Contains("rewritten", answer.Breaks[0].What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_rewritten_behind_a_checkpoint_fits_that_one_and_not_the_next()
    {
        var (disk, first) = await LivedAsync(lives: 1);
        var forged = CopyOf(disk);
        var (_, second) = await LivedAsync(lives: 1, on: disk, from: 2);
        await LivedAsync(lives: 1, on: forged, from: 2, subject: "y");
        var answer = await VerifyAsync(forged, new AuditRequest(string.Join('\n', first.Concat(second))));
        Assert.Equal((1, 1), (answer.Kept!.Right, answer.Kept.Wrong));
        Assert.Equal(second[0], Assert.Single(answer.Breaks).Checkpoint);
    }

    [Fact]
    public async Task A_journal_whose_end_was_cut_off_with_its_marks_is_found_by_what_was_kept()
    {
        var (disk, kept) = await LivedAsync(lives: 3);
        foreach (var name in SmallJournal.FilesOf(disk).Where(name => name.Contains("0000000003")))
            disk.Remove(name);
        disk = disk.PowerCut(); // without what told how far all was synced
        Assert.True((await VerifyAsync(disk, new AuditRequest())).Sound);
        var answer = await VerifyAsync(disk, new AuditRequest(string.Join('\n', kept)));
        Assert.Equal((2, 1), (answer.Kept!.Right, answer.Kept.Wrong));
        Assert.Contains("ends before it", Assert.Single(answer.Breaks).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checkpoints_of_a_past_that_is_no_longer_kept_are_told_to_be_gone_and_are_not_wrong()
    {
        var (disk, kept) = await LivedAsync(lives: 3);
        foreach (var name in SmallJournal.FilesOf(disk).Where(name => name.Contains("0000000001")))
            disk.Remove(name);
        var answer = await VerifyAsync(disk, new AuditRequest(string.Join('\n', kept)));
        Assert.Contains("what was before segment 2 is gone", Assert.Single(answer.Breaks).What,
            StringComparison.Ordinal); // for the chain does not say that it was to go
        Assert.Equal((2, 1, 2), (answer.FirstSegment, answer.Kept!.Gone, answer.Kept.Right));
    }

    [Fact]
    public async Task A_checkpoint_that_was_changed_is_none()
    {
        var (disk, kept) = await LivedAsync(lives: 1);
        var answer = await VerifyAsync(disk, new AuditRequest(kept[0].Replace("records=", "records=1")));
        Assert.Contains("signature", Assert.Single(answer.Breaks).What, StringComparison.Ordinal);
        answer = await VerifyAsync(disk, new AuditRequest(kept[0][..^3]));
        Assert.Contains("cannot be read", Assert.Single(answer.Breaks).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task By_another_key_they_prove_nothing()
    {
        var (disk, kept) = await LivedAsync(lives: 2);
        using var others = new VaultHouse();
        using var key = SigningKey.OpenOrMake(others.Vault);
        var answer = await VerifyAsync(disk, new AuditRequest(string.Join('\n', kept), key.Public.Pem));
        Assert.Equal((2, 2), (answer.Kept!.Unknown, answer.Checkpoints.Unknown));
        Assert.Contains("no checkpoint is signed with the key given", Assert.Single(answer.Breaks).What,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_another_installation_they_say_nothing_and_if_all_are_that_is_told()
    {
        var (disk, kept) = await LivedAsync(lives: 1);
        File.WriteAllText(Path.Combine(_folder, "installation"), new string('0', 32));
        var (other, theirs) = await LivedAsync(lives: 1);
        var both = await VerifyAsync(other, new AuditRequest(string.Join('\n', kept.Concat(theirs))));
        Assert.True(both.Sound);
        Assert.Equal((1, 1), (both.Kept!.Foreign, both.Kept.Right));
        var none = await VerifyAsync(other, new AuditRequest(kept[0]));
        Assert.Contains("none of the checkpoints given", Assert.Single(none.Breaks).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no such thing", null)]
    [InlineData(null, "-----BEGIN NOTHING-----")]
    public async Task What_is_no_checkpoint_or_no_key_is_refused(string? kept, string? key)
    {
        var (disk, _) = await LivedAsync(lives: 1);
        await Assert.ThrowsAnyAsync<Exception>(() => VerifyAsync(disk, new AuditRequest(kept, key)));
    }

    [Fact]
    public void A_key_that_was_lost_is_made_anew_and_the_old_one_stays_known()
    {
        var first = _book.Answer.Key;
        File.Delete(_vault.FileOf(SigningKey.Name));
        SignerOf(_vault.Vault).Begin();
        Assert.NotEqual(first, _book.Answer.Key);
        Assert.Equal([first, _book.Answer.Key], _book.Keys.Select(key => key.Id));
        Assert.Throws<VaultException>(() => _vault.Put(SigningKey.Name));
        Assert.Throws<VaultException>(() => _vault.Vault.Delete(SigningKey.Name));
        Assert.DoesNotContain(SigningKey.Name, _vault.Vault.List().Select(facts => facts.Name));
    }

    [Fact]
    public void Beside_secrets_that_do_not_open_no_key_is_made_and_none_where_the_old_one_has_to_go()
    {
        _vault.Put("m365");
        File.Delete(_vault.FileOf(SigningKey.Name));
        var root = File.ReadAllText(_vault.KeyPath);
        File.Delete(_vault.KeyPath);
        SignerOf(_vault.Vault).Begin();
        Assert.False(File.Exists(_vault.KeyPath) || File.Exists(_vault.FileOf(SigningKey.Name)));
        File.WriteAllText(_vault.KeyPath, root);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_vault.KeyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        SignerOf(_vault.Vault).Begin();
        Assert.True(File.Exists(_vault.FileOf(SigningKey.Name)));
    }

    [Fact]
    public async Task What_was_signed_stands_where_it_stood_after_a_power_cut()
    {
        for (var seed = 0; seed < 60; seed++) // of what was not synced each sector is kept or lost
        {
            var disk = new SimulatedDisk(new Random(seed));
            var journal = Opened.New(disk);
            await journal.AppendAsync(Relay.Spool.Journal.Mails.Mail(1, 700), urgent: true).Soon();
            await journal.AppendBodyPieceAsync(new byte[900]).Soon();
            var line = _signer.Sign(journal.Head)!;
            await journal.AppendAsync(new Entry(new NotedRecord(new TrailEvent(_vault.Time.GetUtcNow(),
                EventKind.Checkpoint, null, null) { Text = line })), urgent: true).Soon();
            await journal.AppendBodyPieceAsync(new byte[900]).Soon();
            disk = disk.PowerCut();
            await Opened.New(disk).DisposeAsync();
            var answer = await VerifyAsync(disk, new AuditRequest(line));
            Assert.True(answer is { Sound: true, Kept.Right: 1 }, $"{seed}: {string.Join('\n', answer.Breaks)}");
        }
    }

    private ChainSigner SignerOf(SecretVault vault) => new(vault, _book, _vault.Time,
        Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

    private Task<AuditAnswer> VerifyAsync(SimulatedDisk disk, AuditRequest request) => JournalAudit.RunAsync(
        witness => Task.FromResult(JournalCheck.Verify(disk, witness)), _book, request, isRunning: false);

    // Each life takes a mail, and has it signed.
    private async Task<(SimulatedDisk Disk, List<string> Kept)> LivedAsync(
        int lives, SimulatedDisk? on = null, int from = 1, string subject = "x")
    {
        var disk = on ?? new SimulatedDisk(new Random(1));
        var kept = new List<string>();
        for (var life = from; life < from + lives; life++)
        {
            await using var journal = Opened.New(disk);
            var mail = Relay.Spool.Journal.Mails.Accepted(life, 10);
            mail = mail with { Header = mail.Header with { Subject = subject } };
            await journal.AppendAsync(new Entry(mail, new byte[10]), urgent: true).Soon();
            var line = _signer.Sign(journal.Head)!;
            await journal.AppendAsync(new Entry(new NotedRecord(new TrailEvent(_vault.Time.GetUtcNow(),
                EventKind.Checkpoint, null, null) { Text = line })), urgent: true).Soon();
            kept.Add(line);
        }

        return (disk, kept);
    }

    private static SimulatedDisk CopyOf(SimulatedDisk disk)
    {
        var copy = new SimulatedDisk(new Random(2));
        foreach (var name in SmallJournal.FilesOf(disk))
            using (var from = disk.Open(name, create: false))
            using (var to = copy.Open(name, create: true))
            {
                var octets = new byte[from.Length];
                from.Read(0, octets);
                to.Write(0, [octets]);
            }

        return copy;
    }

    private static IEnumerable<TrailEvent> EventsOf(SimulatedDisk disk)
    {
        var read = new List<JournalRecord>();
        Opened.At(disk.Kill(), out _, read).DisposeAsync().AsTask().GetAwaiter().GetResult();
        return read.OfType<NotedRecord>().Select(noted => noted.Event);
    }
}
