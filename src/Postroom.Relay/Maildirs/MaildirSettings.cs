using Postroom.Mail.Audit;

namespace Postroom.Relay.Maildirs;

/// <summary>A Maildir that captured mail is written into.</summary>
/// <param name="Name">By which it is remembered how far it is.</param>
/// <param name="Folder">Its absolute path; made where it is missing.</param>
public sealed record MaildirSettings(string Name, string Folder)
{
    /// <summary>Which mail: fields that never change.</summary>
    public Filter Of { get; init; } = Filter.All;

    /// <summary>Names of listeners; empty: of any.</summary>
    public IReadOnlyList<string> Listeners { get; init; } = [];

    /// <summary>A subfolder for each box.</summary>
    public bool IsByBox { get; init; }

    /// <summary>The group of the folder may read it too, and put things in their places.</summary>
    public bool IsForGroup { get; init; }
}
