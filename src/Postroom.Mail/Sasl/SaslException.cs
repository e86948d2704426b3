namespace Postroom.Mail.Sasl;

/// <summary>The exchange cannot go on: the other side broke the mechanism's rules, or could not prove itself.</summary>
/// <remarks>The message never holds a secret.</remarks>
public sealed class SaslException(string message) : Exception(message);
