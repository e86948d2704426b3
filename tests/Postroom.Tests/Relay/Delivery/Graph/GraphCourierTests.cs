using System.Text;
using Microsoft.Extensions.Time.Testing;
using Postroom.Mail.Status;
using Postroom.Relay.Delivery.Graph;
using Postroom.Relay.OAuth;
using Postroom.Relay.Wire;
using Xunit;

namespace Postroom.Tests.Relay.Delivery.Graph;

public sealed class GraphCourierTests
{
    private const string A = "a@example.org";
    private const string Body = "From: app@example.com\r\nTo: a@example.org\r\nSubject: x\r\n\r\n.dot\r\nhällo\r\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_mail_arrives_octet_for_octet(bool onDisk)
    {
        await using var house = await GraphHouse.OpenAsync();
        foreach (var length in (int[])[0, 1, 2, 3, 49_152, 49_153, 200_000])
        {
            var octets = Encoding.UTF8.GetBytes(Body + new string('x', length));
            using var outcome = await house.SendAsync(house.Mail(octets, [A], onDisk));
            Assert.Equal(octets, house.Graph.Sent.Last());
            Assert.Null(outcome.Attempt!.Transcript);
            var asked = house.Graph.Requests.Last();
            Assert.Equal("/v1.0/users/relay@example.com/sendMail", asked.Path);
            Assert.Equal("Bearer good", asked.Headers.Authorization);
            Assert.True(Guid.TryParse(asked.Headers["client-request-id"], out _));
        }

        Assert.Equal("good", house.Tokens.Accepts[^1]);
    }

    [Fact]
    public async Task The_trail_names_the_request_by_the_name_that_Microsoft_has_for_it()
    {
        await using var house = await GraphHouse.OpenAsync();
        using var outcome = await house.SendAsync(Body, A);
        Assert.Equal("202 Accepted (request-id their-1)", outcome.Results.Single().Reply);
        Assert.False(outcome.Results.Single().DsnPassedOn);
        Assert.Equal($"127.0.0.1:{house.Graph.Port}", outcome.Attempt!.Remote);
    }

    [Fact]
    public async Task Nobody_is_mailed_without_a_clearance_and_the_trail_says_what_that_cost()
    {
        await using var house = await GraphHouse.OpenAsync();
        using var outcome = await house.SendAsync(
            "To: a@example.org, uncleared@example.net\r\nBcc: other@example.net\r\n\r\nhello\r\n", A, "b@example.org");
        Assert.Equal("Bcc: b@example.org\r\nTo: a@example.org\r\n\r\nhello\r\n",
            Encoding.UTF8.GetString(house.Graph.Sent.Single()));
        Assert.All(outcome.Results, result => Assert.NotNull(result.Reply));
        Assert.Contains("-: Graph mails whom the header names: To, Bcc written anew, without 2",
            outcome.Attempt!.Transcript!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_no_header_can_hold_fails_alone()
    {
        await using var house = await GraphHouse.OpenAsync();
        using var outcome = await house.SendAsync(Body, "postmaster", A);
        Assert.Equal(new EnhancedStatusOf(Fault.Recipient, "5.1.3"),
            EnhancedStatusOf.The(outcome.Results[0].Failure!));
        Assert.NotNull(outcome.Results[1].Reply);
        Assert.Equal(Body, Encoding.UTF8.GetString(house.Graph.Sent.Single()));
    }

    [Fact]
    public async Task The_mailbox_of_the_route_goes_before_that_of_the_account()
    {
        var route = GraphHouse.Plain with { Account = GraphHouse.Plain.Account! with { User = "a b@example.com" } };
        await using var house = await GraphHouse.OpenAsync(route: route);
        var failure = await house.FailAsync();
        Assert.Equal("/v1.0/users/a b@example.com/sendMail", house.Graph.Requests.Single().Path);
        Assert.Equal(new EnhancedStatusOf(Fault.Account, "5.2.1"), EnhancedStatusOf.The(failure));
    }

    [Fact]
    public async Task A_refused_token_is_changed_for_another_once()
    {
        await using var house = await GraphHouse.OpenAsync(new GivenTokens("old", "good"));
        using var outcome = await house.SendAsync(Body, A);
        Assert.NotNull(outcome.Results.Single().Reply);
        Assert.Equal(["old"], house.Tokens.Refusals);
        Assert.Equal(["good"], house.Tokens.Accepts);
    }

    [Theory]
    [InlineData("old")]
    [InlineData("old older oldest")]
    public async Task Where_no_token_is_taken_it_is_the_account(string tokens)
    {
        await using var house = await GraphHouse.OpenAsync(new GivenTokens(tokens.Split(' ')));
        house.Graph.Odd = asked => new Oddity(401, "InvalidAuthenticationToken",
            $"no to {asked.Headers.Authorization}");
        var failure = await house.FailAsync();
        Assert.Equal(new EnhancedStatusOf(Fault.Account, "5.7.8"), EnhancedStatusOf.The(failure));
        Assert.Equal(tokens.Contains(' ') ? 2 : 1, house.Graph.Requests.Count);
        Assert.Contains("InvalidAuthenticationToken: no to Bearer •••", failure.Diagnostic, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, Fault.Account, "5.7.8")]
    [InlineData(false, Fault.NextHop, "4.4.1")]
    public async Task Without_a_token_nothing_is_asked(bool isAccount, Fault fault, string status)
    {
        await using var house = await GraphHouse.OpenAsync();
        house.Tokens.Trouble = new TokenException("AADSTS7000222: the secret has expired", isAccount);
        var failure = await house.FailAsync();
        Assert.Equal(new EnhancedStatusOf(fault, status), EnhancedStatusOf.The(failure));
        Assert.Contains("AADSTS7000222", failure.Diagnostic, StringComparison.Ordinal);
        Assert.Empty(house.Graph.Requests);
        Assert.NotNull(await house.ProbeAsync());
    }

    [Theory]
    [InlineData(403, "ErrorAccessDenied", Fault.Account, "5.7.1")]
    [InlineData(403, "Authorization_RequestDenied", Fault.Account, "5.7.1")]
    [InlineData(403, "ErrorSendAsDenied", Fault.Message, "4.7.1")]
    [InlineData(403, "ErrorMessageSubmissionBlocked", Fault.Account, "5.7.1")]
    [InlineData(404, "ErrorInvalidUser", Fault.Account, "5.2.1")]
    [InlineData(404, "MailboxNotEnabledForRESTAPI", Fault.Account, "5.2.1")]
    [InlineData(404, "", Fault.Account, "5.2.1")]
    [InlineData(400, "ErrorInvalidRecipients", Fault.Message, "5.1.3")]
    [InlineData(400, "ErrorMimeContentInvalid", Fault.Message, "5.6.0")]
    [InlineData(400, "ErrorMimeContentInvalidBase64String", Fault.Message, "5.6.0")]
    [InlineData(400, "ErrorExceededMaxRecipientLimit", Fault.Message, "5.5.3")]
    [InlineData(400, "ErrorMessageSizeExceeded", Fault.Message, "5.3.4")]
    [InlineData(400, "ErrorNobodyHasHeardOf", Fault.Message, "4.5.0")]
    [InlineData(400, "ErrorExceededMessageLimit", Fault.Account, "4.3.2")]
    [InlineData(429, "ErrorSubmissionQuotaExceeded", Fault.Account, "4.3.2")]
    [InlineData(507, "ErrorQuotaExceeded", Fault.Account, "4.2.2")]
    [InlineData(429, "ApplicationThrottled", Fault.NextHop, "4.3.2")]
    [InlineData(500, "ErrorInternalServerError", Fault.NextHop, "4.3.0")]
    [InlineData(502, "", Fault.NextHop, "4.3.0")]
    [InlineData(503, "ErrorServerBusy", Fault.NextHop, "4.3.2")]
    [InlineData(504, "UnknownError", Fault.NextHop, "4.4.2")]
    [InlineData(200, "", Fault.NextHop, "4.5.0")]
    [InlineData(302, "", Fault.NextHop, "4.5.0")]
    public async Task Each_answer_has_who_is_at_fault(int status, string code, Fault fault, string expected)
    {
        await using var house = await GraphHouse.OpenAsync();
        house.Graph.Odd = _ => new Oddity(status, code, "words of theirs\u001b[2J")
        {
            Headers = [("Location", "http://127.0.0.1:1/")],
        };
        using var outcome = await house.SendAsync(Body, A);
        var failure = outcome.Results.Single().Failure!;
        Assert.Equal(new EnhancedStatusOf(fault, expected), EnhancedStatusOf.The(failure));
        Assert.Equal("127.0.0.1", failure.RemoteMta);
        Assert.DoesNotContain('\u001b', failure.Diagnostic);
        if (code.Length > 0)
            Assert.StartsWith($"{status} {code}: words of theirs", failure.Diagnostic, StringComparison.Ordinal);
        Assert.Contains($"S: {failure.Diagnostic}", outcome.Attempt!.Transcript!, StringComparison.Ordinal);
        Assert.Equal(status is 502 or 504, outcome.InDoubt);
        Assert.Single(house.Graph.Requests);
    }

    [Fact]
    public async Task A_page_of_ten_megabytes_is_quoted_in_a_line()
    {
        await using var house = await GraphHouse.OpenAsync();
        house.Graph.Odd = _ => new Oddity(503) { Page = "<html>" + new string('x', 10_000_000) };
        var failure = await house.FailAsync();
        Assert.InRange(failure.Diagnostic.Length, 20, 400);
    }

    [Theory]
    [InlineData(429, "30", 30)]
    [InlineData(503, "30", 30)]
    [InlineData(504, "Wed, 25 Nov 2026 10:02:00 GMT", 120)]
    [InlineData(429, "", 10)]
    [InlineData(429, "99999999", 86_400)]
    public async Task Until_Retry_After_is_over_nothing_is_asked(int status, string after, int seconds)
    {
        await using var house = await GraphHouse.OpenAsync();
        house.Graph.Odd = _ => new Oddity(status, "ApplicationThrottled", "Application is over its limit.")
        {
            Headers = after.Length > 0 ? [("Retry-After", after)] : [],
        };
        var said = await house.FailAsync();
        Assert.True(said.IsShared);
        Assert.Contains($"nothing is sent for {seconds} s", said.Diagnostic, StringComparison.Ordinal);

        house.Graph.Odd = _ => null;
        house.Time.Advance(TimeSpan.FromSeconds(seconds - 0.5));
        Assert.Equal(said, await house.FailAsync());
        Assert.Equal(said, await house.ProbeAsync());
        Assert.Single(house.Graph.Requests);

        house.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await house.ProbeAsync());
        using var outcome = await house.SendAsync(Body, A);
        Assert.NotNull(outcome.Results.Single().Reply);
    }

    [Fact]
    public async Task The_mark_is_set_before_the_request_that_sends_and_for_no_other()
    {
        await using var house = await GraphHouse.OpenAsync();
        Assert.Null(await house.ProbeAsync());
        Assert.Empty(house.AtWire);
        using var outcome = await house.SendAsync(Body, A);
        Assert.Equal([1], house.AtWire); // the probe alone had been read
    }

    [Fact]
    public async Task A_connection_that_breaks_after_the_mail_was_sent_leaves_it_in_doubt()
    {
        await using var house = await GraphHouse.OpenAsync();
        house.Graph.Odd = _ => new Oddity(0) { Breaks = true };
        using var outcome = await house.SendAsync(Body, A);
        Assert.True(outcome.InDoubt);
        Assert.Equal(new EnhancedStatusOf(Fault.NextHop, "4.4.2"),
            EnhancedStatusOf.The(outcome.Results.Single().Failure!));
        Assert.Single(house.Graph.Requests); // HttpClient did not send it again by itself
        Assert.Single(house.AtWire);
    }

    [Fact]
    public async Task An_answer_that_does_not_come_is_waited_for_as_long_as_it_may_take()
    {
        var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var house = await GraphHouse.OpenAsync();
        house.Graph.Odd = _ =>
        {
            read.TrySetResult();
            return new Oddity(202) { Until = never.Task };
        };
        using var cancel = new CancellationTokenSource();
        var sending = house.CancellableAsync(house.Mail(Encoding.UTF8.GetBytes(Body), [A]), cancel.Token);
        await read.Task.WaitAsync(GraphHouse.Patience, TestContext.Current.CancellationToken);
        cancel.Cancel(); // too late: it is on the wire
        house.Time.Advance(TimeSpan.FromMinutes(9));
        Assert.False(sending.IsCompleted);
        house.Time.Advance(TimeSpan.FromMinutes(1));
        using var outcome = await sending;
        Assert.True(outcome.InDoubt);
        Assert.Contains("no answer within 600 s", outcome.Results.Single().Failure!.Diagnostic,
            StringComparison.Ordinal);
        never.SetResult();
    }

    [Fact]
    public async Task Where_nobody_listens_nothing_is_in_doubt()
    {
        await using var graph = await LoopbackGraph.StartAsync();
        var port = graph.Port;
        await graph.DisposeAsync();
        await using var courier = new GraphCourier(
            GraphHouse.Plain with { Port = port }, new GraphSettings { Tokens = _ => new GivenTokens("good") },
            new SocketDialer(), new FakeTimeProvider());
        await using var house = await GraphHouse.OpenAsync();
        using var outcome = await courier.DeliverAsync(
            house.Mail(Encoding.UTF8.GetBytes(Body), [A]), TestContext.Current.CancellationToken);
        Assert.False(outcome.InDoubt);
        Assert.Empty(house.AtWire);
        Assert.Equal(new EnhancedStatusOf(Fault.NextHop, "4.4.1"),
            EnhancedStatusOf.The(outcome.Results.Single().Failure!));
    }

    [Fact]
    public async Task No_more_than_four_at_once()
    {
        await using var house = await GraphHouse.OpenAsync(route: GraphHouse.Plain with { Connections = 16 });
        Assert.Equal(4, house.Courier.Capacity);
        var four = new CountdownEvent(4);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        house.Graph.Odd = _ =>
        {
            if (!four.IsSet && four.Signal())
                go.SetResult();
            return new Oddity(202) { Until = go.Task };
        };
        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => house.SendAsync(Body, A)));
        Assert.All(all, outcome => Assert.NotNull(outcome.Results.Single().Reply));
        Assert.Equal(4, house.Graph.MostAtOnce);
    }

    [Fact]
    public async Task A_closed_courier_takes_nothing()
    {
        await using var house = await GraphHouse.OpenAsync();
        await house.Courier.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => house.SendAsync(Body, A));
    }

    [Theory]
    [InlineData(403, "ErrorAccessDenied", Fault.Account)]
    [InlineData(404, "ErrorInvalidUser", Fault.Account)]
    [InlineData(503, "ErrorServerBusy", Fault.NextHop)]
    public async Task A_probe_finds_out_without_sending(int status, string code, Fault fault)
    {
        await using var house = await GraphHouse.OpenAsync();
        Assert.Null(await house.ProbeAsync());
        house.Graph.Odd = _ => new Oddity(status, code, "no");
        Assert.Equal(fault, (await house.ProbeAsync())!.Fault);
        Assert.Empty(house.Graph.Sent);
    }
}
