using System.Diagnostics;

namespace Postroom.Mail;

/// <summary>A password or token on its way through the house: whoever prints it by mistake prints <c>•••</c>.</summary>
/// <remarks>No public property, so that neither a serializer nor a record's printing finds what it holds.</remarks>
[DebuggerDisplay("•••")]
public sealed class Secret(string value)
{
    private readonly string _value = value;

    /// <summary>What it holds, in the clear. Call it where the secret is used, and nowhere else.</summary>
    public string Reveal() => _value;

    public override string ToString() => "•••";
}
