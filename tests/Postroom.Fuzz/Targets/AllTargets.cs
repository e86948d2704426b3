namespace Postroom.Fuzz.Targets;

/// <summary>Everything that reads what strangers write.</summary>
public static class AllTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        MailDataTargets.Data, MailDataTargets.Chunks, MailDataTargets.Dots,
        SessionTargets.Server, SessionTargets.Replies, SessionTargets.Client,
        TextTargets.Path, TextTargets.Xtext, TextTargets.Id, TextTargets.Status, TextTargets.Filters,
        TextTargets.Patterns, TextTargets.Phrases,
        MessageTargets.Header, MessageTargets.Trace, MessageTargets.Report,
        ContentTargets.Shown, ContentTargets.Page,
        DnsTargets.Message, DnsTargets.Record, DnsTargets.Signature,
        SenderTargets.Senders, SenderTargets.Templates,
        SaslTargets.Prep, SaslTargets.Server, SaslTargets.Client, SaslTargets.Stored,
        FileTargets.Records, FileTargets.Configuration,
    ];

    public static FuzzTarget Named(string name) =>
        All.FirstOrDefault(target => target.Name == name)
        ?? throw new ArgumentException($"there is no target {name}: {string.Join(' ', All.Select(t => t.Name))}");
}
