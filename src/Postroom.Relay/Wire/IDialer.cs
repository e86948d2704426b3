namespace Postroom.Relay.Wire;

/// <summary>One of the doors to the world: opens connections to next hops.</summary>
public interface IDialer
{
    /// <summary>The addresses of a host, in the order to try them.</summary>
    /// <exception cref="DialException">The name cannot be resolved.</exception>
    Task<IReadOnlyList<string>> ResolveAsync(string host, CancellationToken cancel);

    /// <summary>Connects to an address and port, or to <c>unix:/path</c>.</summary>
    /// <exception cref="DialException">Refused, unreachable, timed out.</exception>
    Task<Stream> ConnectAsync(string address, int port, CancellationToken cancel);
}

/// <summary>A next hop could not be reached; the message says how that showed.</summary>
public sealed class DialException(string message, Exception? inner = null) : Exception(message, inner);
