using Postroom.Configuration;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Ledger;
using Xunit;

namespace Postroom.Tests.Program.Host;

/// <summary>What stands on the relay's trail when a lane is paused.</summary>
public sealed class PausedLaneTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-pause-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("550 5.7.30 Basic authentication is not supported for Client Submission.",
        "Microsoft 365 takes no passwords over SMTP any more. Use OAuth: `postroom oauth connect NAME`.")]
    [InlineData("the connection broke", null)]
    public async Task The_trail_says_why_and_what_to_do_where_that_is_known(string words, string? text)
    {
        var failure = new Failure(Fault.Account, new(5, 7, 30), words, "smtp.office365.com");
        await using (var house = CapturingHouse.Of(Read))
        {
            await house.OpenAsync(CancellationToken.None);
            await house.Spool.PauseAsync("m365", failure);
            await house.Spool.PauseAsync("m365", failure);
            await house.Spool.Index.CaughtUpAsync(CancellationToken.None);
        }

        using var reader = MailLedger.OpenReadOnly(Folders.Ledger(_folder));
        var paused = Assert.Single(reader.RelayEvents(100), one => one.Kind == EventKind.LanePaused);
        Assert.Equal(("m365", failure, text), (paused.Lane, paused.Failure, paused.Text));
    }

    private Reading Read() => ConfigurationReader.Read(new ConfigurationSource(
        "mode = \"capture\"\n[[listener]]\naddress = \"unix:" + Path.Combine(_folder, "in.sock")
            + "\"\n[spool]\nfree_space_floor = \"1MiB\"\nsegment_size = \"1MiB\"\n",
        "postroom.toml", new Dictionary<string, string>(), "machine.example", _folder));
}
