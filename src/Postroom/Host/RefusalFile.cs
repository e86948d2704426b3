using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.OAuth;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Vault;

namespace Postroom.Host;

/// <summary>Accounts that are refused, in a file of the data folder: a restart does not knock again.</summary>
/// <remarks>
/// What was refused holds as long as nothing changed: not the route, not its account, not a secret of it, not the file
/// with its password. Whoever changed one of them is tried at once. Two routes of one account are two here: each knocks
/// for itself.
/// </remarks>
public sealed class RefusalFile(string path, Func<CourierNeeds> needs, ILogger log)
{
    private readonly Lock _gate = new();
    private Dictionary<string, RefusedAccount>? _refused;

    /// <summary>Null if it was not refused, or something changed since.</summary>
    public StandingRefusal? Find(string lane)
    {
        lock (_gate)
        {
            if (!Refused().TryGetValue(lane, out var kept) || kept is null || kept.Account != AccountOf(lane))
                return null;
            var status = kept.Status is [4 or 5, >= 0 and < 1000, >= 0 and < 1000] s
                ? new EnhancedStatus(s[0], s[1], s[2])
                : new EnhancedStatus(4, 7, 0);
            var cause = new Failure(Fault.Account, status, kept.Diagnostic, kept.RemoteMta);
            return new StandingRefusal(cause, kept.Since, kept.Wait, kept.ProbeAt);
        }
    }

    /// <summary>Notes it, durably; null: it is over.</summary>
    public void Keep(string lane, StandingRefusal? standing)
    {
        if (standing is not null && IsOfTheEnvironment(lane))
            return;
        lock (_gate)
        {
            var refused = Refused();
            if (standing is null ? !refused.Remove(lane) : refused.GetValueOrDefault(lane)?.ProbeAt == standing.ProbeAt)
                return;
            if (standing is not null)
                refused[lane] = new RefusedAccount(AccountOf(lane), standing.Since, standing.Wait, standing.ProbeAt)
                {
                    Status = [standing.Cause.Status.Class, standing.Cause.Status.Subject, standing.Cause.Status.Detail],
                    Diagnostic = standing.Cause.Diagnostic,
                    RemoteMta = standing.Cause.RemoteMta,
                };
            try
            {
                WholeFile.Replace(path, JsonSerializer.Serialize(
                    refused, RefusalJson.Default.DictionaryStringRefusedAccount) + "\n");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                HostLog.RefusalNotKept(log, lane, e.Message);
            }
        }
    }

    private Dictionary<string, RefusedAccount> Refused()
    {
        try
        {
            return _refused ??= File.Exists(path)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(path),
                    RefusalJson.Default.DictionaryStringRefusedAccount) ?? []
                : [];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return _refused = []; // one knock too many is no reason not to carry mail
        }
    }

    // What is logged in with, as it is now: the configuration, and when each secret and file was set. No secret itself.
    private string AccountOf(string lane)
    {
        var (all, vault, _) = needs();
        var route = all.Routes.FirstOrDefault(route => route.Name == lane);
        var reference = route?.Account;
        var account = all.Accounts.FirstOrDefault(account => account.Name == reference?.OAuth);
        var text = new StringBuilder().AppendJoin(' ', route?.Via, route?.Host, route?.Port, route?.Tls,
            route?.AllowClearTextPassword, route?.Helo, string.Join(',', route?.Mechanisms ?? []), reference, account);
        foreach (var secret in new[] { reference?.Secret, account?.ClientSecret, account?.Key })
            text.Append('\n').Append(secret is null ? null : Facts(vault.Find(secret)));
        // Our own renewals set it too: what counts is when a person agreed.
        if (account is not null)
            text.Append('\n').Append(ConsentBook.Find(vault, account)?.ConsentedAt.UtcTicks);
        foreach (var file in new[] { reference?.PasswordFile, account?.CertificateFile, route?.TrustFile })
            text.Append('\n').Append(file is null ? null : Facts(new FileInfo(file)));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static string Facts(SecretFacts? secret) =>
        $"{secret?.SetAt.UtcTicks} {secret?.KeyId} {secret?.Trouble is null}";

    private static string Facts(FileInfo file) =>
        file.Exists ? $"{file.LastWriteTimeUtc.Ticks} {file.Length}" : "none";

    // A password in the environment can only be corrected by a start, so each start tries it.
    private bool IsOfTheEnvironment(string lane) =>
        needs().All.Routes.FirstOrDefault(route => route.Name == lane)?.Account?.PasswordEnvironment is not null;
}

/// <summary>One of them as it lies in the file.</summary>
/// <param name="Account">A digest of all that is logged in with, without a secret.</param>
internal sealed record RefusedAccount(string Account, DateTimeOffset Since, TimeSpan Wait, DateTimeOffset ProbeAt)
{
    /// <summary>Three numbers (RFC 3463 §2).</summary>
    public int[] Status { get; init; } = [4, 7, 0];

    public string Diagnostic { get; init; } = "";

    public string? RemoteMta { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(Dictionary<string, RefusedAccount>))]
internal sealed partial class RefusalJson : JsonSerializerContext;
