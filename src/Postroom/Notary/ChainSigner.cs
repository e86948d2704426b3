using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Vault;

namespace Postroom.Notary;

/// <summary>Signs where the chain stands, with a key that it makes by itself and that never leaves the vault.</summary>
public sealed class ChainSigner(SecretVault vault, KeyBook book, TimeProvider time, ILogger log)
{
    /// <summary>At the start: makes the key and the installation's id if there are none. Without them mail goes all
    /// the same, and nothing is signed.</summary>
    public void Begin()
    {
        try
        {
            book.Begin(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
            if (book.Keys.Count > 0 && vault.Has(SigningKey.Name))
                return; // as it was; opened when there is something to sign
            using var key = SigningKey.OpenOrMake(vault);
            book.Use(key.Public);
        }
        catch (Exception e) when (e is VaultException or IOException or UnauthorizedAccessException)
        {
            NotaryLog.NotSigned(log, e.Message);
        }
    }

    /// <summary>A checkpoint as text; null if it cannot be signed now, which the log tells.</summary>
    public string? Sign(ChainHead head)
    {
        try
        {
            if (book.Installation is not { } installation)
                return null;
            using var key = SigningKey.OpenOrMake(vault);
            book.Use(key.Public);
            var claim = new Checkpoint(installation, head.End.Segment, head.End.Offset,
                Convert.ToHexStringLower(head.Chain), head.Records, time.GetUtcNow(), key.Public.Id)
            {
                Signature = [],
            };
            return (claim with { Signature = key.Sign(claim.Signed) }).ToString();
        }
        catch (Exception e) when (e is VaultException or IOException or UnauthorizedAccessException)
        {
            NotaryLog.NotSigned(log, e.Message);
            return null;
        }
    }
}

internal static partial class NotaryLog
{
    [LoggerMessage(3101, LogLevel.Warning, "no checkpoint can be signed: {Why}")]
    public static partial void NotSigned(ILogger log, string why);
}
