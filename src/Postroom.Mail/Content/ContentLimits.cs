namespace Postroom.Mail.Content;

/// <summary>How much of a mail is shown. What goes past a bound is told, and never an error.</summary>
public sealed record ContentLimits
{
    /// <summary>Entities in all, of every level: each costs memory, however short it is.</summary>
    public int Parts { get; init; } = 500;

    /// <summary>Header fields in all, of every level.</summary>
    public int Fields { get; init; } = 5_000;

    /// <summary>Entities within entities (RFC 2046 §5.1, §5.2.1).</summary>
    public int Depth { get; init; } = 20;

    /// <summary>Octets of one decoded text, and of a text that is made of HTML.</summary>
    public int TextOctets { get; init; } = 2 << 20;

    /// <summary>Elements of a mail's HTML.</summary>
    public int Elements { get; init; } = 20_000;

    /// <summary>Elements within elements.</summary>
    public int ElementDepth { get; init; } = 200;
}
