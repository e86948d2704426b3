using System.Globalization;

namespace Postroom.Mail.Storms;

/// <summary>A burst that was noticed: which mail is of it, and what was decided.</summary>
/// <param name="Number">From 1; never given twice.</param>
/// <param name="Source">As <see cref="Likeness.Source"/>.</param>
/// <param name="First">The first mail that is of it.</param>
/// <param name="Since">When it was noticed.</param>
public sealed record Storm(int Number, string Source, MailId First, DateTimeOffset Since)
{
    /// <summary>What its mail has in common: one of these. The first is what it was noticed by.</summary>
    public required IReadOnlyList<string> Traits { get; init; }

    /// <summary>The subject of the mail by which it was noticed.</summary>
    public string Subject { get; init; } = "";

    /// <summary>When it had passed. Null: it blows.</summary>
    public DateTimeOffset? Over { get; init; }

    /// <summary>Mail that came later than this one is not of it: a clock may be put back, and ids are not. Null: it
    /// blows.</summary>
    public MailId? Last { get; init; }

    /// <summary>The most of its mails within the window.</summary>
    public int Peak { get; init; }

    /// <summary>A person let it go: its mail passes.</summary>
    public bool Passes { get; init; }

    /// <summary>How many recipients a minute are let go; 0: none are by themselves.</summary>
    public int Slowly { get; init; }

    /// <summary>Who decided last, and what; null: nobody did.</summary>
    public string? Decision { get; init; }

    /// <summary>How the rule begins by which its mail is held; the same for all of it.</summary>
    public string Mark => string.Create(CultureInfo.InvariantCulture, $"storm {Number}: ");

    /// <summary>With what its mail is held.</summary>
    public string Rule => $"{Mark}{Traits[0]}: held for a person";

    /// <summary>Whether a mail is of it.</summary>
    public bool Has(Likeness mail)
    {
        if (mail.Source != Source || mail.Id < First || mail.Id > Last)
            return false;
        for (var i = 0; i < mail.Traits.Count; i++)
            if (Traits.Contains(mail.Traits[i]))
                return true;
        return false;
    }
}
