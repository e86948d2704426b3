using Postroom.Mail;
using Postroom.Mail.Trouble;
using Postroom.Relay.Submission;
using Xunit;

namespace Postroom.Tests.Relay.Submission;

/// <summary>What an application meets where trouble is made.</summary>
public sealed class TroubleTests
{
    private const string Mail = "Subject: x\r\n\r\nhello\r\n.\r\n";

    [Fact]
    public async Task A_recipient_in_trouble_is_answered_and_the_others_get_the_mail()
    {
        await using var house = await OpenAsync(Addresses);
        using var client = await Client.HelloAsync(house.Address);
        await client.SendAsync("MAIL FROM:<a@x.example>\r\nRCPT TO:<bob+451@x.example>\r\n"
            + "RCPT TO:<carol@x.example>\r\nRCPT TO:<dan+5.1.1@x.example>\r\nDATA\r\n");
        Assert.StartsWith("250 ", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.Equal("451 4.0.0 Trouble made on purpose (made by bob+451@x.example)", await client.ReplyAsync());
        Assert.StartsWith("250 ", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("550 5.1.1 ", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("354 ", await client.ReplyAsync(), StringComparison.Ordinal);
        Assert.StartsWith("250 ", await client.AskAsync(Mail), StringComparison.Ordinal);
        Assert.Equal("carol@x.example",
            Assert.Single(Assert.Single(house.Spool.Mails).Draft.Envelope.Recipients).Path.Address);
    }

    [Fact]
    public async Task A_recipient_that_would_be_refused_anyway_is_refused_for_its_own_fault()
    {
        await using var house = await OpenAsync(Addresses);
        using var client = await Client.HelloAsync(house.Address);
        Assert.StartsWith("503 ", await client.AskAsync("RCPT TO:<bob+451@x.example>\r\n"), StringComparison.Ordinal);
        await client.AskAsync("MAIL FROM:<a@x.example>\r\n");
        Assert.StartsWith("501 ", await client.AskAsync("RCPT TO:<bob+451@>\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("555 ", await client.AskAsync("RCPT TO:<b+451@x.example> X=1\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Stage.Connect, "", "451 ")]
    [InlineData(Stage.Hello, "EHLO app\r\n", "451 ")]
    [InlineData(Stage.Mail, "EHLO app\r\nMAIL FROM:<a@x.example>\r\n", "451 ")]
    public async Task Each_stage_has_its_answer(Stage stage, string said, string answer)
    {
        await using var house = await OpenAsync(at => at.Stage == stage ? Saying(451) : null);
        using var client = await Client.ConnectAsync(house.Address);
        await client.SendAsync(said);
        client.CloseSending();
        string last = "", reply;
        while ((reply = await client.ReplyAsync()).Length > 0)
            last = reply;
        Assert.StartsWith(answer, last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_in_trouble_is_answered_before_it_begins()
    {
        var isOver = false;
        await using var house = await OpenAsync(at => at.Stage == Stage.Login && !isOver ? Saying(454) : null);
        Users.Set(Path.Combine(house.Folder, "users"), "app", "hush", [1, 2, 3, 4]);
        using var client = await Client.HelloAsync(house.Address);
        const string Login = "AUTH PLAIN AGFwcABodXNo\r\n";
        Assert.StartsWith("454 ", await client.AskAsync(Login), StringComparison.Ordinal);
        isOver = true;
        Assert.StartsWith("235 ", await client.AskAsync(Login), StringComparison.Ordinal);
    }

    [Fact]
    public async Task At_the_end_of_the_data_a_refusal_stores_nothing()
    {
        await using var house = await OpenAsync(Addresses);
        using var client = await Client.HelloAsync(house.Address);
        Assert.StartsWith("452 4.2.2 ", await SendAsync(client, "bob+data-4.2.2@x.example"), StringComparison.Ordinal);
        Assert.Empty(house.Spool.Mails);
        Assert.StartsWith("250 ", await SendAsync(client, "bob@x.example"), StringComparison.Ordinal);
        Assert.Single(house.Spool.Mails);
    }

    [Theory]
    [InlineData("bob+disconnect@x.example")]
    [InlineData("bob+timeout@x.example")] // after a quarter of an hour of this clock
    [InlineData("bob+421@x.example")]
    public async Task The_connection_ends(string address)
    {
        await using var house = await OpenAsync(Addresses, new HurriedClock(10_000));
        using var client = await Client.HelloAsync(house.Address);
        await client.SendAsync($"MAIL FROM:<a@x.example>\r\nRCPT TO:<{address}>\r\n");
        Assert.StartsWith("250 ", await client.ReplyAsync(), StringComparison.Ordinal); // what came before is not lost
        try
        {
            var last = await client.ReplyAsync();
            Assert.True(last.Length == 0 || last.StartsWith("421 ", StringComparison.Ordinal), last);
            Assert.Equal("", last.Length == 0 ? last : await client.ReplyAsync());
        }
        catch (IOException)
        {
            Assert.DoesNotContain("421", address, StringComparison.Ordinal); // cut, not closed
        }
    }

    [Fact]
    public async Task A_late_answer_at_the_end_of_the_data_comes_when_the_mail_is_stored()
    {
        await using var house = await OpenAsync(Addresses);
        using var client = await Client.HelloAsync(house.Address);
        var answer = SendAsync(client, "bob+data-delay900@x.example");
        while (house.Spool.Mails.IsEmpty)
            await Task.Yield();
        Assert.False(answer.IsCompleted);
        await house.Server.StopAsync(CancellationToken.None); // lets each end its mail, and nobody wait
        Assert.StartsWith("250 ", await answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_relay_that_stops_lets_nobody_wait()
    {
        var house = await OpenAsync(Addresses);
        using var client = await Client.HelloAsync(house.Address);
        await client.SendAsync("MAIL FROM:<a@x.example>\r\nRCPT TO:<bob+timeout@x.example>\r\n");
        Assert.StartsWith("250 ", await client.ReplyAsync(), StringComparison.Ordinal);
        await house.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_mail_that_comes_whole_meets_it_too()
    {
        await using var house = await OpenAsync(Addresses);
        var to = new Recipient(new ForwardPath("bob+data-disconnect@x.example"));
        using var mail = new MemoryStream("Subject: x\r\n\r\nx\r\n"u8.ToArray());
        var taken = await house.Server.TakeAsync(new Envelope(new ReversePath("a@x.example"), [to]),
            () => new Origin("api", "127.0.0.1", null, null, "HTTP"), mail, 1_000,
            TestContext.Current.CancellationToken);
        Assert.Null(taken.Id);
        Assert.Equal(421, taken.Reply.Code); // nobody can be cut off by HTTP
    }

    private static Made? Addresses(Occasion at)
    {
        foreach (var to in at.Recipients)
            if (TroubleAddress.TryRead(to, out var stage, out var effect) && stage == at.Stage)
                return new Made(effect, to.Address);
        return null;
    }

    private static Made Saying(int code) => new(Effect.Saying(code, null, null), "a test");

    private static Task<House> OpenAsync(Func<Occasion, Made?> meddle, TimeProvider? clock = null) =>
        House.OpenAsync(clock ?? TimeProvider.System, new Onlooker { Meddle = meddle });

    private static async Task<string> SendAsync(Client client, string to)
    {
        await client.SendAsync($"MAIL FROM:<a@x.example>\r\nRCPT TO:<{to}>\r\nDATA\r\n");
        for (var i = 0; i < 3; i++)
            await client.ReplyAsync();
        return await client.AskAsync(Mail);
    }
}
