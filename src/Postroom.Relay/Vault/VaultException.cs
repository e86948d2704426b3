namespace Postroom.Relay.Vault;

/// <summary>A secret cannot be had: there is none of that name, no key to open it, or its file is damaged. The message
/// says which, and what to do.</summary>
public sealed class VaultException(string message, Exception? inner = null) : Exception(message, inner);
