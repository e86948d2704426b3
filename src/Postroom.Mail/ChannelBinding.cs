namespace Postroom.Mail;

/// <summary>What only the two ends of one TLS connection know of it (RFC 5929).</summary>
/// <remarks>
/// A login that is bound to it is worth nothing to who sits in between with a connection to each side.
/// </remarks>
/// <param name="Type">The registered name: <c>tls-unique</c>, <c>tls-server-end-point</c>.</param>
/// <param name="Octets">Without the name in front.</param>
public sealed record ChannelBinding(string Type, byte[] Octets);
