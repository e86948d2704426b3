using System.Text;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Delivery;
using Postroom.Relay.Delivery.Graph;
using Postroom.Tests.Relay.Delivery.Graph;
using Xunit;

namespace Postroom.Tests.Relay.Queue;

/// <summary>What becomes of mail by rules: judged for each recipient, at each lease.</summary>
public class ModeTests
{
    private const string Body = "Received: x\r\nSubject: build failed\r\nTo: alice@example.com\r\n\r\nhello\r\n.\r\n";
    private static readonly Redirection Mailbox = new(new ForwardPath("box@qa.example"), "[qa]");

    [Fact]
    public async Task Only_the_allow_list_gets_its_mail_and_each_verdict_names_its_rule()
    {
        await using var house = await OfAsync(new SandboxSettings(Mode.Capture)
        {
            Rules = [new SandboxRule("testers", Mode.Live) { To = new AllowList(["@qa.example"]) }],
        });
        var mail = Put(house, "alice@example.com", "tester@qa.example", "bob@example.com");
        await house.UntilAsync(() => mail.Recipients.TrueForAll(to => !RecipientLife.IsOpen(to.State)));
        Assert.Equal([State.Captured, State.Delivered, State.Captured], mail.Recipients.Select(to => to.State));
        Assert.Equal(["mode = capture", "sandbox rule \"testers\": live", "mode = capture"],
            mail.Recipients.Select(to => to.Last!.Text));
        Assert.Equal("tester@qa.example",
            Assert.Single(house.Courier.Tries).Recipients.Single().Clearance.Path.Address);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task All_that_are_redirected_share_one_copy_that_goes_to_the_mailbox_alone(bool isInMemory)
    {
        await using var house = await OfAsync(new SandboxSettings(Mode.Redirect) { Redirection = Mailbox });
        var mail = Put(house, isInMemory, "alice@example.com", "bob@example.com");
        await house.UntilAsync(() => mail.Recipients.TrueForAll(to => to.State == State.Delivered));
        var sent = Assert.Single(house.Courier.Tries);
        var only = Assert.Single(sent.Recipients);
        Assert.Equal(("box@qa.example", "box@qa.example", Notify.Never, null), (only.Clearance.Path.Address,
            only.Recipient.Path.Address, only.Recipient.Notify, only.Recipient.OriginalRecipient));
        Assert.Equal("box@qa.example", sent.Envelope.From.Address); // nobody outside is told what became of it
        Assert.Equal("X-Original-To: alice@example.com\r\nX-Original-To: bob@example.com\r\n"
            + Body.Replace("Subject: ", "Subject: [qa] ", StringComparison.Ordinal), await TextOfAsync(sent.Content));
        Assert.All(mail.Recipients, to => Assert.Equal("redirected to box@qa.example: mode = redirect", to.Last!.Text));
    }

    [Theory]
    [InlineData(3_000_000)]
    [InlineData(1)] // by a draft
    public async Task By_Graph_too_a_copy_goes_to_the_mailbox_alone_though_the_header_names_others(int largestStraight)
    {
        await using var house = await OfAsync(new SandboxSettings(Mode.Redirect) { Redirection = Mailbox });
        var mail = Put(house, "alice@example.com", "bob@example.com");
        await house.UntilAsync(() => mail.Recipients.TrueForAll(to => to.State == State.Delivered));
        await using var graph = await GraphHouse.OpenAsync(
            settings: new GraphSettings { LargestStraight = largestStraight });
        using var outcome = await graph.SendAsync(Assert.Single(house.Courier.Tries));
        Assert.Null(Assert.Single(outcome.Results).Failure);
        if (largestStraight > 1)
            Assert.Equal("Bcc: box@qa.example\r\nX-Original-To: alice@example.com\r\n"
                + "X-Original-To: bob@example.com\r\n"
                + Body.Replace("Subject: ", "Subject: [qa] ", StringComparison.Ordinal)
                    .Replace("To: alice@example.com\r\n\r\n", "\r\n", StringComparison.Ordinal),
                Encoding.UTF8.GetString(graph.Graph.Sent.Single()));
        else
        {
            var json = Assert.Single(graph.Graph.Drafts).Value.Json.RootElement;
            Assert.Equal("box@qa.example", Assert.Single(json.GetProperty("bccRecipients").EnumerateArray())
                .GetProperty("emailAddress").GetProperty("address").GetString());
            Assert.False(json.TryGetProperty("toRecipients", out _) || json.TryGetProperty("ccRecipients", out _));
        }
    }

    [Fact]
    public async Task Who_gets_the_mail_itself_and_who_gets_a_copy_go_apart_and_no_attempt_is_burnt()
    {
        await using var house = await OfAsync(new SandboxSettings(Mode.Redirect)
        {
            Redirection = Mailbox,
            Rules = [new SandboxRule("testers", Mode.Live) { To = new AllowList(["@qa.example"]) }],
        });
        var mail = Put(house, "alice@example.com", "tester@qa.example", "bob@example.com");
        await house.UntilAsync(() => mail.Recipients.TrueForAll(to => to.State == State.Delivered));
        Assert.Equal(["box@qa.example", "tester@qa.example"],
            house.Courier.Tries.Select(one => one.Recipients.Single().Clearance.Path.Address));
        Assert.Equal(Body, await TextOfAsync(house.Courier.Tries[1].Content));
        Assert.All(mail.Recipients, to => Assert.Equal(0, to.FailedTries));
    }

    [Fact]
    public async Task Nobody_hears_that_a_redirected_mail_failed_and_no_address_is_found_dead_by_it()
    {
        await using var house = await OfAsync(new SandboxSettings(Mode.Redirect) { Redirection = Mailbox });
        house.Courier.Answer = (mail, _) => Task.FromResult(StoryCourier.Failed(mail,
            new Failure(Fault.Recipient, new EnhancedStatus(5, 1, 1), "550 no such box", "hop")));
        var mail = Put(house, "alice@example.com", "bob@example.com");
        await house.UntilAsync(() => mail.Recipients.TrueForAll(to => to.State == State.Failed));
        Assert.Single(house.Spool.Mails); // no report
        Assert.All(mail.Recipients, to => Assert.False(DeadAddress.IsGone(to.Last!.Failure!)));
        Assert.Equal([0, 1], house.Spool.Trail.Where(one => one.Kind == EventKind.ReportKept)
            .Select(one => one.Recipient));
    }

    [Fact]
    public async Task What_is_discarded_ends_on_record_and_nothing_leaves()
    {
        await using var house = await OfAsync(new SandboxSettings(Mode.Live)
        {
            Rules = [new SandboxRule("noise", Mode.Discard) { To = new AllowList(["noise-*@example.com"]) }],
        });
        var mail = Put(house, "noise-1@example.com").Only;
        await house.UntilAsync(() => mail.State == State.Cancelled);
        Assert.Equal("sandbox rule \"noise\": discard", mail.Last!.Text);
        Assert.Empty(house.Courier.Tries);
    }

    [Fact]
    public async Task What_was_captured_or_held_is_not_sent_by_a_change_to_live()
    {
        await using var house = await OfAsync(new SandboxSettings(Mode.Capture)
        {
            Rules = [new SandboxRule("later", Mode.Hold) { To = new AllowList(["held@example.com"]) }],
        });
        var (captured, held) = (Put(house, "captured@example.com").Only, Put(house, "held@example.com").Only);
        await house.UntilAsync(() => captured.State == State.Captured && held.State == State.Held);
        await house.Conductor.JudgeByAsync(new SandboxPolicy(Mode.Live));
        var fresh = Put(house, "fresh@example.com").Only;
        await house.UntilAsync(() => fresh.State == State.Delivered);
        Assert.Equal((State.Captured, State.Held), (captured.State, held.State));
        Assert.Single(house.Courier.Tries);
    }

    [Fact]
    public async Task What_is_said_while_a_mail_is_judged_holds_for_it_too()
    {
        await using var house = new House();
        house.KeptBy = async (_, _) =>
        {
            await house.Conductor.JudgeByAsync(new SandboxPolicy(Mode.Capture)); // it holds, is answered
            return null;
        };
        house.Run();
        var mail = Put(house, "alice@example.com").Only;
        await house.UntilAsync(() => mail.State == State.Captured);
        Assert.Empty(house.Courier.Tries);
    }

    [Fact]
    public async Task A_word_at_run_time_holds_for_mail_that_waits_and_ends_by_itself()
    {
        await using var house = await OfAsync(new SandboxSettings(Mode.Live));
        house.Courier.Answer = (mail, _) =>
            Task.FromResult(StoryCourier.Failed(mail, House.Failure(Fault.Recipient, 4, "450 later")));
        var alice = Put(house, "alice@example.com").Only;
        await house.UntilAsync(() => alice.FailedTries == 1);
        await house.Conductor.JudgeByAsync(new SandboxPolicy(new SandboxSettings(Mode.Live)
        {
            Overrides =
            [
                new ModeOverride(Mode.Capture, "carol", "restored from production", House.Noon)
                {
                    Until = House.Noon.AddHours(1),
                },
            ],
        }));
        await house.PassAsync(TimeSpan.FromMinutes(2));
        await house.UntilAsync(() => alice.State == State.Captured);
        Assert.Equal("capture, set for all mail by carol until 2026-11-23 13:00Z: restored from production",
            alice.Last!.Text);
        house.Courier.Answer = (mail, _) => Task.FromResult(StoryCourier.Took(mail));
        house.Time.Advance(TimeSpan.FromHours(1));
        var bob = Put(house, "bob@example.com").Only;
        await house.UntilAsync(() => bob.State == State.Delivered);
    }

    private static async Task<House> OfAsync(SandboxSettings settings)
    {
        var house = new House(Mode.Capture);
        await house.Conductor.JudgeByAsync(new SandboxPolicy(settings));
        return house.Run();
    }

    private static StoryMail Put(House house, params string[] to) => Put(house, isInMemory: true, to);

    private static StoryMail Put(House house, bool isInMemory, params string[] to) => house.Spool.Put(
        new Envelope(new ReversePath("jira@example.com"),
            [.. to.Select(one => new Recipient(new ForwardPath(one), OriginalRecipient: $"rfc822;{one}"))]),
        body: Body, isInMemory: isInMemory);

    private static async Task<string> TextOfAsync(Content content)
    {
        var read = new byte[content.Length + 1];
        var length = 0;
        while (await content.ReadAsync(length, read.AsMemory(length), CancellationToken.None) is > 0 and var count)
            length += count;
        Assert.Equal(content.Length, length);
        if (content.InMemory.Count > 0)
            Assert.Equal(read[..length], content.InMemory.SelectMany(piece => piece.ToArray()));
        return Encoding.UTF8.GetString(read, 0, length);
    }
}
