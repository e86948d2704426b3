using Postroom.Configuration;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Xunit;

namespace Postroom.Tests.Program.Configuration;

public sealed class ConfigurationReaderTests
{
    [Fact]
    public void Nothing_written_captures_on_the_default_listener()
    {
        var all = Read(null).Configuration!;
        Assert.Equal(Mode.Capture, all.Mode);
        Assert.Equal("127.0.0.1:2525", Assert.Single(all.Submission.Listeners).Address);
        Assert.Empty(all.Routes);
        Assert.Equal("/srv/data", all.DataFolder);
        Assert.Equal("machine.example", all.HostName);
    }

    [Fact]
    public void A_route_can_come_from_the_environment_alone()
    {
        var all = Read(null, ("POSTROOM__MODE", "live"), ("POSTROOM__ROUTE__0__NAME", "up"),
            ("POSTROOM__ROUTE__0__HOST", "127.0.0.1"),
            ("POSTROOM__ROUTE__0__PORT", "2526"), ("POSTROOM__ROUTE__0__TLS", "none"),
            ("POSTROOM__ROUTE__0__RECIPIENTS", "*@example.com, *")).Configuration!;
        var route = Assert.Single(all.Routes);
        Assert.Equal(("up", "127.0.0.1", 2526, TlsMode.None), (route.Name, route.Host, route.Port, route.Tls));
        Assert.Equal(["*@example.com", "*"], route.Recipients);
    }

    [Fact]
    public void The_environment_wins_over_the_file_and_other_tables_stay()
    {
        var all = Read("mode = \"capture\"\n[queue]\ngive_up = \"4d\"\nretry_first = \"5m\"\n",
            ("POSTROOM__MODE", "hold"), ("POSTROOM__QUEUE__GIVE_UP", "2d")).Configuration!;
        Assert.Equal(Mode.Hold, all.Mode);
        Assert.Equal(TimeSpan.FromDays(2), all.Queue.Retry.GiveUpAfter);
        Assert.Equal(TimeSpan.FromMinutes(5), all.Queue.Retry.First);
    }

    [Theory]
    [InlineData("POSTROOM__MOODE", "live", "POSTROOM__MOODE: unknown key \"moode\" at the top; did you mean \"mode\"?")]
    [InlineData("POSTROOM__MODE", "life",
        "POSTROOM__MODE: mode: \"life\" is not one of capture, live, hold, redirect, discard; did you mean \"live\"?")]
    [InlineData("POSTROOM__ROUTE__3__HOST", "x",
        "POSTROOM__ROUTE__3__HOST: there is no route number 3; they count from 0, and the next free number is 0")]
    [InlineData("POSTROOM__ROUTES__0__HOST", "x",
        "POSTROOM__ROUTES__0__HOST: there is no table \"routes\"; did you mean POSTROOM__ROUTE__…?")]
    [InlineData("POSTROOM__QUEUE__0__GIVE_UP", "1d",
        "POSTROOM__QUEUE__0__GIVE_UP: it names no setting; the form is POSTROOM__QUEUE__KEY")]
    public void A_mistake_in_the_environment_names_the_variable(string variable, string value, string message) =>
        Assert.Contains(message, Read(null, (variable, value)).Mistakes.Select(m => m.ToString()));

    [Theory]
    [InlineData("\"500ms\"", 0.5)]
    [InlineData("\"30s\"", 30)]
    [InlineData("\"5m\"", 300)]
    [InlineData("\"1.5h\"", 5400)]
    [InlineData("\"2 d\"", 172800)]
    public void A_duration_is_a_number_and_a_unit(string written, double seconds)
    {
        var all = Read($"[queue]\ndelayed_after = {written}\n").Configuration!;
        Assert.Equal(TimeSpan.FromSeconds(seconds), all.Queue.DelayedAfter);
    }

    [Theory]
    [InlineData("\"50MB\"", 50_000_000)]
    [InlineData("\"64MiB\"", 64 << 20)]
    [InlineData("\"1kB\"", 1_000)]
    [InlineData("4096", 4096)]
    public void A_size_is_a_number_and_a_unit_or_octets(string written, long octets)
    {
        var all = Read($"[spool]\nbody_memory = {written}\n").Configuration!;
        Assert.Equal(octets, all.Spool.BodyMemory);
    }

    [Fact]
    public void No_route_for_everything_is_a_warning_and_no_more()
    {
        var reading = Read("mode = \"live\"\n[[route]]\nname = \"a\"\nhost = \"a.example\"\nrecipients = "
            + "[\"*@example.com\"]\n");
        Assert.NotNull(reading.Configuration);
        var warning = Assert.Single(reading.Mistakes);
        Assert.True(warning.IsWarning);
        Assert.StartsWith("postroom.toml:2:1: warning: no route takes everything", warning.ToString(),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1:2525", true)]
    [InlineData("localhost", "127.0.0.1:2525", true)]
    [InlineData("127.0.0.1", "0.0.0.0:2525", true)]
    [InlineData("127.0.0.2", "127.0.0.1:2525", false)]
    [InlineData("192.0.2.1", "0.0.0.0:2525", false)]
    public void A_route_to_a_listener_of_ours_is_a_loop(string host, string listener, bool isLoop)
    {
        var reading = Read($"mode = \"live\"\n[[listener]]\naddress = \"{listener}\"\nallow = [\"10.0.0.0/8\"]\n"
            + $"[[route]]\nname = \"a\"\nhost = \"{host}\"\nport = 2525\n");
        Assert.Equal(isLoop, reading.Mistakes.Any(m => m.What.Contains("5.4.6", StringComparison.Ordinal)));
    }

    // The library throws here. Somebody who pastes the path of a Windows folder gets this far.
    [Theory]
    [InlineData("mode = \"live\"\ndata = \"C:\\")]
    [InlineData("mode = \"live\"\n\"\\")]
    public void A_text_that_ends_behind_a_backslash_is_a_mistake_with_a_place(string text)
    {
        var reading = Read(text);
        Assert.Null(reading.Configuration);
        Assert.Contains(reading.Mistakes, m =>
            m.Place.Line == 2 && m.What.StartsWith("not TOML", StringComparison.Ordinal));
    }

    [Fact]
    public void Brackets_that_nobody_could_mean_are_a_mistake_where_they_become_too_many()
    {
        var reading = Read("mode = \"live\"\na = " + new string('[', 80));
        Assert.Null(reading.Configuration);
        Assert.Equal((2, 69), (Assert.Single(reading.Mistakes).Place.Line, reading.Mistakes[0].Place.Column));
    }

    [Fact]
    public void The_data_option_wins_over_the_file()
    {
        var source = new ConfigurationSource("data = \"/srv/file\"", "f", new Dictionary<string, string>(), "m",
            "/srv/data") { DataOption = "/srv/option" };
        Assert.Equal("/srv/option", ConfigurationReader.Read(source).Configuration!.DataFolder);
    }

    private static Reading Read(string? text, params (string Name, string Value)[] environment) =>
        ConfigurationReader.Read(
        new ConfigurationSource(text, "postroom.toml", environment.ToDictionary(v => v.Name, v => v.Value),
            "machine.example", "/srv/data"));
}
