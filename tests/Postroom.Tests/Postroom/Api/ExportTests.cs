using System.Net;
using Postroom.Api.Access;
using Postroom.Cli;
using Xunit;

namespace Postroom.Tests.Program.Api;

/// <summary>A whole result taken out, by the API and by the command line.</summary>
public sealed class ExportTests
{
    private const string Path = "api/v1/messages/export";
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lines_are_what_a_search_shows_however_many_pages_they_take()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        await SendAsync(client, "one, \"two\"", "alice");
        var to = string.Join(',', Enumerable.Range(0, 600).Select(n => $"\"to{n}@example.com\""));
        var (_, sent) = await MessageTests.PostAsync(client,
            $$"""{"from":"jira@example.com","subject":"=many","to":[{{to}}]}""", "application/json");
        var many = MessageTests.Text(sent, "id");
        await SettledAsync(house, 601);

        var lines = Lines(await client.GetStringAsync(Path, Cancel));
        var page = await MessageTests.GetAsync(client, "api/v1/queue?most=1000");
        Assert.Equal(page.GetProperty("recipients").EnumerateArray().Select(one => one.GetRawText()), lines);
        Assert.Equal(601, lines.Count);
        var some = Lines(await client.GetStringAsync(Path + "?as=jsonl&filter=to:alice", Cancel));
        Assert.Contains("alice@example.com", Assert.Single(some), StringComparison.Ordinal);

        var csv = (await client.GetStringAsync(Path + "?as=csv", Cancel)).Split("\r\n");
        Assert.Equal(603, csv.Length); // the head, and nothing behind the last end
        Assert.StartsWith("id,recipient,state,to,", csv[0], StringComparison.Ordinal);
        Assert.StartsWith($"{many},0,captured,to0@example.com,jira@example.com,", csv[1], StringComparison.Ordinal);
        Assert.Contains(",'=many,", csv[1], StringComparison.Ordinal);
        Assert.Contains(",\"one, \"\"two\"\"\",", csv[601], StringComparison.Ordinal);

        foreach (var form in (string[])["jsonl", "csv"])
        {
            var said = await house.RunAsync("export", "--as", form);
            Assert.Equal((0, await client.GetStringAsync($"{Path}?as={form}", Cancel)), said);
        }

        await house.CloseAsync();
        var (code, output) = await house.RunAsync("export", "--as", "jsonl"); // by the index alone
        Assert.Equal(0, code);
        Assert.Equal([.. lines, "The service is not running: this is what the index last knew."], Lines(output));
    }

    [Fact]
    public async Task An_mbox_has_each_mail_once_as_it_left_and_who_took_it_is_on_its_timeline()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        List<string> ids =
            [await SendAsync(client, "From one", "alice", "bob"), await SendAsync(client, "two", "alice")];
        await SettledAsync(house, 3);
        using var answer = await house.Client(Scopes.Read).GetAsync(Path + "?as=mbox&filter=from:jira", Cancel);
        Assert.Equal("application/mbox", answer.Content.Headers.ContentType?.MediaType);
        var mails = MboxTests.Split(await answer.Content.ReadAsStringAsync(Cancel));
        ids.Reverse(); // the newest first
        await house.House.Spool.Index.CaughtUpAsync(Cancel);
        foreach (var (id, mail) in ids.Zip(mails))
        {
            var trail = (await MessageTests.GetAsync(client, $"api/v1/mails/{id}")).GetProperty("trail");
            Assert.Equal("token:for-read", MessageTests.Text(Assert.Single(trail.EnumerateArray(),
                one => MessageTests.Text(one, "kind") == "opened"), "who"));
            Assert.Equal(await client.GetStringAsync($"api/v1/mails/{id}/raw", Cancel), mail);
        }

        Assert.Equal(2, mails.Count);
        var file = System.IO.Path.Combine(house.Data, "all.mbox");
        Assert.Equal((0, $"2 mails are in {file}\n"), await house.RunAsync("export", "--as", "mbox", "--out", file));
        Assert.Equal(mails, MboxTests.Split(File.ReadAllText(file)));
        var folder = System.IO.Path.Combine(house.Data, "eml");
        Assert.Equal((0, $"2 mails are in {folder}\n"), await house.RunAsync("export", "--as", "eml", "-o", folder));
        Assert.Equal(ids.Select(id => id + ".eml").Order(),
            Directory.GetFiles(folder).Select(System.IO.Path.GetFileName).Order());
        Assert.Equal(mails, ids.Select(id => File.ReadAllText(System.IO.Path.Combine(folder, id + ".eml"))));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task What_is_not_there_any_more_is_told_and_nothing_of_it_shown()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        var client = house.Client(Scopes.Administer);
        var large = new string('x', 200_000) + " canary-4711";
        List<string> ids = [await SendAsync(client, "first", "alice"), await SendAsync(client, large, "alice"),
            await SendAsync(client, "last", "alice")];
        await SettledAsync(house, 3);
        await house.CloseAsync();
        var segment = System.IO.Path.Combine(house.Data, "journal", "0000000001.seg");
        var octets = File.ReadAllBytes(segment);
        var at = octets.AsSpan().IndexOf("canary-4711"u8);
        await house.OpenAsync();
        using (var handle = File.OpenHandle(segment, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
            RandomAccess.Write(handle, [(byte)(octets[at] ^ 1)], at);

        var mails = MboxTests.Split(await client.GetStringAsync(Path + "?as=mbox", Cancel));
        Assert.Equal(3, mails.Count);
        Assert.All(mails, mail => Assert.DoesNotContain("xxxxxxxxxx", mail, StringComparison.Ordinal));
        Assert.StartsWith("Subject: What is not in this export\r\n", mails[2], StringComparison.Ordinal);
        var told = "1 of 3 mails are not in this export: their bytes are no longer kept, or damaged: " + ids[1];
        Assert.Contains(told, mails[2], StringComparison.Ordinal);
        await house.House.Spool.Index.CaughtUpAsync(Cancel);
        var trail = (await MessageTests.GetAsync(client, $"api/v1/mails/{ids[1]}")).GetProperty("trail");
        Assert.DoesNotContain(trail.EnumerateArray(), one => MessageTests.Text(one, "kind") == "opened");
        using var raw = await client.GetAsync($"api/v1/mails/{ids[1]}/raw", Cancel);
        Assert.Equal(HttpStatusCode.Gone, raw.StatusCode);

        var file = System.IO.Path.Combine(house.Data, "all.mbox");
        var (code, output) = await house.RunAsync("export", "--as", "mbox", "--out", file);
        Assert.Equal(((int)ExitCode.NothingFound, true), (code, output.Contains(told, StringComparison.Ordinal)));
        Assert.Equal(mails[..2], MboxTests.Split(File.ReadAllText(file)));
        var folder = System.IO.Path.Combine(house.Data, "eml");
        (code, output) = await house.RunAsync("export", "--as", "eml", "--out", folder);
        Assert.Equal(((int)ExitCode.NothingFound, true), (code, output.Contains(told, StringComparison.Ordinal)));
        Assert.Equal(2, Directory.GetFiles(folder).Length);
    }

    [Theory]
    [InlineData(ExitCode.Usage, "--as", "xml")]
    [InlineData(ExitCode.Usage)]
    [InlineData(ExitCode.Usage, "--as", "eml")]
    [InlineData(ExitCode.Usage, "--as", "maildir")]
    [InlineData(ExitCode.Wrong, "--as", "jsonl", "nothing:x")]
    [InlineData(ExitCode.NothingFound, "--as", "csv", "to:nobody")]
    [InlineData(ExitCode.Done, "--as", "csv", "to:alice")]
    public async Task Each_way_to_end_has_its_code_with_the_service_and_without(
        ExitCode code, params string[] arguments)
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        await SendAsync(house.Client(Scopes.Administer), "x", "alice");
        Assert.Equal((int)code, (await house.RunAsync(["export", .. arguments])).Code);
        await house.CloseAsync();
        Assert.Equal((int)code, (await house.RunAsync(["export", .. arguments])).Code);
        foreach (var form in (string[])["mbox", "eml", "maildir"])
        {
            var file = System.IO.Path.Combine(house.Data, "out");
            var said = await house.RunAsync("export", "--as", form, "--out", file);
            Assert.Equal((int)ExitCode.NotRunning, said.Code);
            Assert.Contains("the bytes of a mail are read through it", said.Output, StringComparison.Ordinal);
            Assert.False(File.Exists(file) || Directory.Exists(file));
        }
    }

    [Fact]
    public async Task Who_may_not_look_may_not_take_and_what_is_wrong_is_told()
    {
        await using var house = new ApiHouse();
        await house.OpenAsync();
        using var refused = await house.Client(Scopes.Submit).GetAsync(Path, Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        foreach (var query in (string[])["?as=xml", "?filter=nothing:x", "?as=csv&as=csv"])
            using (var wrong = await house.Client(Scopes.Read).GetAsync(Path + query, Cancel))
                Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Theory]
    [InlineData("plain", "^Alice@example.com\nAddresses stand in the log as they are.\n$")]
    [InlineData("masked", "^A\\*\\*\\*@example.com\nAddresses are masked in the log: others may look the same.\n$")]
    [InlineData("hashed", "^h:[0-9a-f]{16}@example.com\n$")]
    public async Task What_to_look_for_in_the_log_is_said_with_the_service_and_without(string form, string word)
    {
        await using var house = new ApiHouse($"\n[log]\naddresses = \"{form}\"");
        var file = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(house.Data)!, "postroom.toml");
        await File.WriteAllTextAsync(file, house.Text, Cancel);
        var without = await house.RunAsync("log", "word", "Alice@example.com", "--config", file);
        if (form == "hashed") // no key is made for a question
            Assert.Equal(((int)ExitCode.Wrong, true),
                (without.Code, without.Output.Contains("no address was hashed here yet", StringComparison.Ordinal)));
        await house.OpenAsync();
        var said = await house.RunAsync("log", "word", "Alice@example.com");
        Assert.Equal(0, said.Code);
        Assert.Matches(word, said.Output);
        Assert.Equal((int)ExitCode.Wrong, (await house.RunAsync("log", "word", "nobody")).Code);
        using var refused = await house.Client(Scopes.Read).PostAsync("api/v1/log/word", null, Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        await house.CloseAsync();
        Assert.Equal(said, await house.RunAsync("log", "word", "Alice@example.com", "--config", file));
    }

    private static List<string> Lines(string text) => [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static async Task<string> SendAsync(HttpClient client, string subject, params string[] to)
    {
        var query = string.Concat(to.Select(one => $"&to={one}@example.com"));
        var (status, answer) = await MessageTests.PostAsync(client,
            $"From: jira@example.com\nSubject: {subject[..Math.Min(subject.Length, 60)]}\n\n{subject}\n\nFrom here\n",
            "message/rfc822", "?from=jira@example.com" + query);
        Assert.True(status == HttpStatusCode.Accepted, answer.ToString());
        return MessageTests.Text(answer, "id");
    }

    private static async Task SettledAsync(ApiHouse house, int recipients)
    {
        while (house.House.Status().Counts["captured"] < recipients)
            await Task.Yield();
    }
}
