using Postroom.Mail.Alarms;
using Postroom.Relay.Postmaster.Canaries;

namespace Postroom.Relay.Postmaster;

/// <summary>What people are told of, and who is told.</summary>
/// <param name="Alarms">In the order in which they are looked at: what tells for another comes before it.</param>
/// <param name="Receivers">Each with a name of its own; none: alarms stand in the trail, the log and the
/// status.</param>
public sealed record PostmasterSettings(IReadOnlyList<Alarm> Alarms, IReadOnlyList<Receiver> Receivers)
{
    /// <summary>What is sent to see whether mail arrives.</summary>
    public IReadOnlyList<CanarySettings> Canaries { get; init; } = [];

    /// <summary>Whether mail of ours takes a route by its name, whatever routes fit.</summary>
    public bool NamesRoute(string route) =>
        Receivers.Any(one => one.Route == route) || Canaries.Any(one => one.Route == route);

    /// <summary>The secrets that it takes to tell somebody, and to look for canaries.</summary>
    public IReadOnlyList<string> Secrets =>
        [.. Receivers.SelectMany(one => new[] { one.UrlSecret, one.Key })
            .Concat(Canaries.Select(one => one.Mailbox?.Password)).OfType<string>().Distinct()];

    /// <summary>The shipped alarms, and nobody to be told.</summary>
    public static PostmasterSettings Plain { get; } = new(ShippedAlarms.All, []);
}

/// <summary>By what way somebody is told.</summary>
public enum ReceiverKind
{
    /// <summary>An HTTP POST with JSON, signed where there is a key.</summary>
    Webhook,

    /// <summary>An incoming webhook of Slack, or of what understands the same (Mattermost, Rocket.Chat).</summary>
    Slack,

    /// <summary>A workflow of Microsoft Teams.</summary>
    Teams,

    /// <summary>Mail, by a route that is named.</summary>
    Mail,
}

/// <summary>Somebody who is told of alarms.</summary>
/// <param name="Name">In lists and the log.</param>
/// <param name="Kind">By what way.</param>
public sealed record Receiver(string Name, ReceiverKind Kind)
{
    /// <summary>Where notices are posted to; null where <see cref="UrlSecret"/> has it, or it is mail.</summary>
    public Uri? Url { get; init; }

    /// <summary>The name of the secret that is the address: of services where whoever knows it may post.</summary>
    public string? UrlSecret { get; init; }

    /// <summary>The name of the secret with which notices are signed; null: they are not.</summary>
    public string? Key { get; init; }

    /// <summary>A file of PEM certificates to trust instead of the system's; null for the system's.</summary>
    public string? TrustFile { get; init; }

    /// <summary>Of mail: by which route.</summary>
    public string? Route { get; init; }

    /// <summary>Of mail: from whom.</summary>
    public string From { get; init; } = "";

    /// <summary>Of mail: to whom.</summary>
    public IReadOnlyList<string> To { get; init; } = [];

    /// <summary>Told of this and what is worse.</summary>
    public Severity Least { get; init; }

    /// <summary>The names of the alarms that are told; empty: all.</summary>
    public IReadOnlyList<string> Alarms { get; init; } = [];

    /// <summary>Whether it is told too when an alarm is over.</summary>
    public bool TellsEnd { get; init; } = true;

    /// <summary>Whether it wants to hear of an alarm.</summary>
    public bool Wants(string alarm, Severity severity) =>
        severity >= Least && (Alarms.Count == 0 || Alarms.Contains(alarm));
}
