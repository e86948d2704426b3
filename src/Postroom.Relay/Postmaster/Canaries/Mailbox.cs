using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Search;
using MailKit.Security;
using Postroom.Mail;
using Postroom.Mail.Routing;
using Postroom.Relay.OAuth;
using Postroom.Relay.Vault;

namespace Postroom.Relay.Postmaster.Canaries;

/// <summary>Where a canary was found.</summary>
internal enum Found
{
    Nowhere,
    InMailbox,

    /// <summary>Taken for spam: nobody will read what comes the same way.</summary>
    InSpam,
}

/// <summary>Looks into a mailbox for canaries, and takes away those it finds.</summary>
internal static class Mailbox
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Where canaries lie, by the marks in their subjects: one look, one login.</summary>
    /// <exception cref="MailboxClosedException">It cannot be told; says why.</exception>
    public static async Task<IReadOnlyDictionary<string, Found>> LookAsync(
        MailboxSettings settings, IReadOnlyList<string> marks, SecretVault vault, ITokenSource? tokens,
        CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(2 * Patience);
        try
        {
            using var client = new ImapClient { Timeout = (int)Patience.TotalMilliseconds };
            client.CheckCertificateRevocation = false; // as in mail between servers: many name no place to ask
            if (settings.TrustFile is { } trusted)
                client.ServerCertificateValidationCallback = (_, certificate, chain, errors) =>
                    IsTrusted(certificate, chain, errors, trusted);
            await client.ConnectAsync(settings.Host, settings.Port, OptionsOf(settings.Tls), patience.Token);
            await LogInAsync(client, settings, vault, tokens, patience.Token);
            var found = marks.ToDictionary(mark => mark, _ => Found.Nowhere);
            var folder = await client.GetFolderAsync(settings.Folder, patience.Token);
            foreach (var mark in marks)
                if (await LookAsync(client, folder, mark, remove: true, patience.Token))
                    found[mark] = Found.InMailbox;
            if (SpamOf(client) is { } spam)
                foreach (var mark in marks.Where(one => found[one] == Found.Nowhere))
                    if (await LookAsync(client, spam, mark, remove: false, patience.Token))
                        found[mark] = Found.InSpam;
            await client.DisconnectAsync(quit: true, patience.Token);
            return found;
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or AuthenticationException
            or SslHandshakeException or ImapProtocolException or ImapCommandException or FolderNotFoundException
            or ServiceNotAuthenticatedException or ServiceNotConnectedException or NotSupportedException
            or CryptographicException or VaultException or TokenException or TimeoutException
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new MailboxClosedException(AppFacts.Text(
                e is OperationCanceledException ? "it did not answer in time" : e.Message) ?? "no answer");
        }
    }

    private static async Task LogInAsync(ImapClient client, MailboxSettings settings, SecretVault vault,
        ITokenSource? tokens, CancellationToken cancel)
    {
        if (tokens is null)
        {
            await client.AuthenticateAsync(settings.User, vault.Open(settings.Password ?? "").Reveal(), cancel);
            return;
        }

        var token = await tokens.GetAsync(cancel);
        try
        {
            await client.AuthenticateAsync(new SaslMechanismOAuth2(settings.User, token.Value.Reveal()), cancel);
            tokens.Accepted(token);
        }
        catch (AuthenticationException)
        {
            tokens.Refused(token); // the next look has another
            throw;
        }
    }

    // It is taken away, so that canaries fill no mailbox; where that may not be done it is found all the same.
    // In the spam folder it is left: it has not arrived, and the next look has to say so too.
    private static async Task<bool> LookAsync(
        ImapClient client, IMailFolder folder, string mark, bool remove, CancellationToken cancel)
    {
        if (!folder.IsOpen)
            await folder.OpenAsync(remove ? FolderAccess.ReadWrite : FolderAccess.ReadOnly, cancel);
        var found = await folder.SearchAsync(SearchQuery.SubjectContains(mark), cancel);
        if (found.Count == 0 || !remove)
            return found.Count > 0;
        await folder.AddFlagsAsync(found, MessageFlags.Deleted, silent: true, cancel);
        if (client.Capabilities.HasFlag(ImapCapabilities.UidPlus))
            await folder.ExpungeAsync(found, cancel); // these, and no other that somebody marked (RFC 4315 §2.1)
        return true;
    }

    private static IMailFolder? SpamOf(ImapClient client) =>
        client.Capabilities.HasFlag(ImapCapabilities.SpecialUse) || client.Capabilities.HasFlag(ImapCapabilities.XList)
            ? client.GetFolder(SpecialFolder.Junk)
            : null;

    private static SecureSocketOptions OptionsOf(TlsMode tls) => tls switch
    {
        TlsMode.None => SecureSocketOptions.None,
        TlsMode.Implicit => SecureSocketOptions.SslOnConnect,
        TlsMode.Required or TlsMode.Opportunistic => SecureSocketOptions.StartTls,
    };

    private static bool IsTrusted(
        X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors, string trustFile)
    {
        if (certificate is not X509Certificate2 shown || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true; // nothing is fetched from where a stranger says
        if (sent is not null)
            chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(trustFile);
        return chain.Build(shown);
    }
}

/// <summary>A mailbox cannot be looked into; the message says why.</summary>
internal sealed class MailboxClosedException(string message) : Exception(message);
