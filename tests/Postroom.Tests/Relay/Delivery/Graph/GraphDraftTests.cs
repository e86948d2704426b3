using System.Text;
using MimeKit;
using Postroom.Mail.Status;
using Postroom.Relay.Delivery;
using Postroom.Relay.Delivery.Graph;
using Xunit;

namespace Postroom.Tests.Relay.Delivery.Graph;

public sealed class GraphDraftTests
{
    private const string A = "a@example.org";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_large_mail_goes_by_a_draft_with_its_attachments_whole(bool onDisk)
    {
        await using var house = await GraphHouse.OpenAsync();
        var (small, middle, large) = (Octets(1_000), Octets(2_900_000), Octets(7_000_001));
        using var outcome = await house.SendAsync(house.Mail(Mail(small, middle, large), [A, "b@example.org"], onDisk));

        Assert.StartsWith("202 Accepted (request-id their-", outcome.Results[0].Reply, StringComparison.Ordinal);
        Assert.EndsWith(", message AAMk0=)", outcome.Results[0].Reply, StringComparison.Ordinal);
        var draft = house.Graph.Drafts.Single().Value;
        Assert.True(draft.IsSent);
        Assert.False(draft.IsDeleted);
        Assert.Equal([small, middle, large], draft.Files.OrderBy(file => file.Octets.Length).Select(f => f.Octets));
        var files = draft.Files.OrderBy(file => file.Octets.Length).ToList();
        Assert.Equal("0.bin", files[0].About.GetProperty("name").GetString());
        Assert.Equal("application/pdf", files[0].About.GetProperty("contentType").GetString());
        Assert.Equal("2.bin", files[2].About.GetProperty("name").GetString());
        Assert.Empty(house.Graph.Sent);
        Assert.Contains("sent by a draft", outcome.Attempt!.Transcript!, StringComparison.Ordinal);
        Assert.DoesNotContain("permit", outcome.Attempt.Transcript!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_draft_says_of_the_mail_what_Graph_can_hold()
    {
        await using var house = await GraphHouse.OpenAsync();
        using var outcome = await house.SendAsync(
            house.Mail(Mail(Octets(100), Octets(3_500_000)), [A, "hidden@example.org"]));
        var json = house.Graph.Drafts.Single().Value.Json.RootElement;
        Assert.Equal("Größe", json.GetProperty("subject").GetString());
        Assert.Equal("<1@app.example>", json.GetProperty("internetMessageId").GetString());
        Assert.Equal("html", json.GetProperty("body").GetProperty("contentType").GetString());
        Assert.Equal("<b>hällo</b>", json.GetProperty("body").GetProperty("content").GetString());
        Assert.Equal("app@example.com", AddressOf(json.GetProperty("from")));
        Assert.Equal(A, AddressOf(json.GetProperty("toRecipients")[0]));
        Assert.Equal("Ä",
            json.GetProperty("toRecipients")[0].GetProperty("emailAddress").GetProperty("name").GetString());
        Assert.Equal(1, json.GetProperty("toRecipients").GetArrayLength());
        Assert.False(json.TryGetProperty("ccRecipients", out _)); // uncleared
        Assert.Equal("hidden@example.org", AddressOf(json.GetProperty("bccRecipients")[0]));
        Assert.Equal("back@example.com", AddressOf(json.GetProperty("replyTo")[0]));
        Assert.Equal("X-App", json.GetProperty("internetMessageHeaders")[0].GetProperty("name").GetString());
        Assert.Contains("Cc written anew, without 1", outcome.Attempt!.Transcript!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_mark_is_set_just_before_the_draft_is_sent()
    {
        await using var house = await GraphHouse.OpenAsync();
        using var outcome = await house.SendAsync(house.Mail(Mail(Octets(3_500_000)), [A]));
        var send = house.Graph.Requests.ToList().FindIndex(asked =>
            asked.Path.EndsWith("/send", StringComparison.Ordinal));
        Assert.Equal([send], house.AtWire);
        Assert.Equal(house.Graph.Requests.Count - 1, send);
    }

    [Fact]
    public async Task A_413_sends_the_mail_the_other_way()
    {
        await using var house = await GraphHouse.OpenAsync();
        house.Graph.Odd = asked => asked.Path.EndsWith("/sendMail", StringComparison.Ordinal)
            ? new Oddity(413, "RequestEntityTooLarge", "too large") : null;
        using var outcome = await house.SendAsync(house.Mail(Mail(Octets(1_000)), [A]));
        Assert.NotNull(outcome.Results.Single().Reply);
        Assert.True(house.Graph.Drafts.Single().Value.IsSent);
    }

    [Theory]
    [InlineData("PUT", "/upload/", 500, Fault.NextHop, "4.3.0")]
    [InlineData("PUT", "/upload/", 401, Fault.Message, "4.7.1")]
    [InlineData("POST", "/createUploadSession", 403, Fault.Message, "4.7.1")]
    [InlineData("POST", "/send", 403, Fault.Message, "4.7.1")]
    [InlineData("POST", "/send", 413, Fault.Message, "5.3.4")]
    public async Task What_fails_midway_leaves_no_draft(
        string method, string path, int status, Fault fault, string expected)
    {
        await using var house = await GraphHouse.OpenAsync();
        house.Graph.Odd = asked => asked.Method == method && asked.Path.Contains(path, StringComparison.Ordinal)
            ? new Oddity(status, "Whatever", "no") : null;
        using var outcome = await house.SendAsync(house.Mail(Mail(Octets(7_000_000)), [A]));
        Assert.Equal(new EnhancedStatusOf(fault, expected),
            EnhancedStatusOf.The(outcome.Results.Single().Failure!));
        var draft = house.Graph.Drafts.Single().Value;
        Assert.False(draft.IsSent);
        Assert.True(draft.IsDeleted);
        Assert.False(outcome.InDoubt);
    }

    [Fact]
    public async Task A_draft_that_may_have_been_sent_is_in_doubt_and_stays()
    {
        await using var house = await GraphHouse.OpenAsync();
        house.Graph.Odd = asked => asked.Path.EndsWith("/send", StringComparison.Ordinal)
            ? new Oddity(0) { Breaks = true } : null;
        using var outcome = await house.SendAsync(house.Mail(Mail(Octets(3_500_000)), [A]));
        Assert.True(outcome.InDoubt);
        Assert.False(house.Graph.Drafts.Single().Value.IsDeleted);
    }

    [Fact]
    public async Task Without_leave_to_write_drafts_that_mail_waits_and_the_lane_does_not()
    {
        await using var house = await GraphHouse.OpenAsync();
        house.Graph.Odd = asked => asked.Path.EndsWith("/messages", StringComparison.Ordinal)
            ? new Oddity(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.") : null;
        using var outcome = await house.SendAsync(house.Mail(Mail(Octets(3_500_000)), [A]));
        var failure = outcome.Results.Single().Failure!;
        Assert.False(failure.IsShared);
        Assert.False(failure.IsPermanent);
        Assert.Contains("Mail.ReadWrite", failure.Diagnostic, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://127.0.0.2/x", true)]
    [InlineData("http://upload.example/x", false)]
    [InlineData("file:///etc/passwd", false)]
    public async Task Nothing_is_uploaded_in_the_clear_to_elsewhere(string address, bool isAsked)
    {
        await using var house = await GraphHouse.OpenAsync();
        house.Graph.Odd = asked => asked.Path.EndsWith("/createUploadSession", StringComparison.Ordinal)
            ? new Oddity(201) { Page = $$"""{"uploadUrl":"{{address}}"}""" } : null;
        using var outcome = await house.SendAsync(house.Mail(Mail(Octets(3_500_000)), [A]));
        var failure = outcome.Results.Single().Failure!;
        Assert.Equal(isAsked ? "4.4.1" : "4.5.0", failure.Status.ToString());
    }

    [Fact]
    public async Task A_mail_that_is_too_large_even_so_comes_back()
    {
        await using var house = await GraphHouse.OpenAsync(settings: new GraphSettings { LargestMail = 5_000_000 });
        using var outcome = await house.SendAsync(house.Mail(Mail(Octets(5_000_000)), [A]));
        AssertRefused(outcome, "5.3.4");
        using var text = await house.SendAsync(house.Mail(
            Encoding.ASCII.GetBytes("To: a@example.org\r\n\r\n" + new string('x', 4_500_000)), [A]));
        AssertRefused(text, "5.3.4");
        Assert.Empty(house.Graph.Requests);
    }

    [Theory]
    [InlineData("multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b")]
    [InlineData("multipart/encrypted; boundary=b")]
    [InlineData("application/pkcs7-mime")]
    public async Task A_large_mail_that_is_sealed_is_not_taken_apart(string type)
    {
        await using var house = await GraphHouse.OpenAsync();
        using var outcome = await house.SendAsync(house.Mail(Encoding.ASCII.GetBytes(
            $"To: a@example.org\r\nContent-Type: {type}\r\n\r\n--b\r\n\r\nx\r\n--b\r\n\r\n{new string('y', 3_100_000)}\r\n"
            + "--b--\r\n"), [A]));
        AssertRefused(outcome, "5.6.3");
    }

    [Fact]
    public async Task A_mail_of_many_parts_is_not_built()
    {
        await using var house = await GraphHouse.OpenAsync();
        var many = string.Concat(Enumerable.Repeat("--b\r\n\r\nx\r\n", 300_000));
        using var outcome = await house.SendAsync(house.Mail(Encoding.ASCII.GetBytes(
            $"To: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{many}--b--\r\n"), [A], onDisk: true));
        AssertRefused(outcome, "5.6.0");
    }

    private static void AssertRefused(Outcome outcome, string status)
    {
        var failure = outcome.Results.Single().Failure!;
        Assert.Equal(new EnhancedStatusOf(Fault.Message, status), EnhancedStatusOf.The(failure));
        Assert.True(failure.IsPermanent);
    }

    private static string? AddressOf(System.Text.Json.JsonElement person) =>
        person.GetProperty("emailAddress").GetProperty("address").GetString();

    private static byte[] Octets(int length)
    {
        var octets = new byte[length];
        new Random(length).NextBytes(octets);
        return octets;
    }

    private static byte[] Mail(params byte[][] files)
    {
        var mail = new MimeMessage();
        mail.From.Add(new MailboxAddress("App", "app@example.com"));
        mail.To.Add(new MailboxAddress("Ä", A));
        mail.Cc.Add(new MailboxAddress("", "uncleared@example.net"));
        mail.ReplyTo.Add(new MailboxAddress("", "back@example.com"));
        mail.Subject = "Größe";
        mail.MessageId = "1@app.example";
        mail.Headers.Add("X-App", "one");
        var body = new BodyBuilder { TextBody = "hällo", HtmlBody = "<b>hällo</b>" };
        for (var i = 0; i < files.Length; i++)
            body.Attachments.Add($"{i}.bin", files[i], new ContentType("application", "pdf"));
        mail.Body = body.ToMessageBody();
        using var octets = new MemoryStream();
        mail.WriteTo(
            new FormatOptions { NewLineFormat = NewLineFormat.Dos }, octets, TestContext.Current.CancellationToken);
        return octets.ToArray();
    }
}
