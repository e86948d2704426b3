using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool.Disk;

namespace Postroom.Host;

/// <summary>Accounts that are refused, in a file of the data folder: a restart does not knock again.</summary>
/// <remarks>
/// What was refused holds as long as nothing changed: not the route, not its account, not a secret of it, not the file
/// with its password. Whoever changed one of them while the relay stood still is tried at once.
/// </remarks>
internal sealed class RefusalFile(string path, Func<CourierNeeds> needs, ILogger log)
{
    private readonly Lock _gate = new();
    private Dictionary<string, RefusedAccount>? _refused;

    /// <summary>Null if it was not refused, or something changed since.</summary>
    public StandingRefusal? Find(string lane)
    {
        lock (_gate)
        {
            if (!Refused().TryGetValue(lane, out var kept) || kept.Account != AccountOf(lane)
                || ChangedAt(lane) > kept.NotedAt)
                return null;
            var status = kept.Status is [4 or 5, >= 0 and < 1000, >= 0 and < 1000] s
                ? new EnhancedStatus(s[0], s[1], s[2])
                : new EnhancedStatus(4, 7, 0);
            var cause = new Failure(Fault.Account, status, kept.Diagnostic, kept.RemoteMta);
            HostLog.StillRefused(log, lane, kept.Diagnostic, kept.ProbeAt);
            return new StandingRefusal(cause, kept.Since, kept.Wait, kept.ProbeAt);
        }
    }

    /// <summary>Notes it, durably; null: it is over.</summary>
    public void Keep(string lane, StandingRefusal? standing, DateTimeOffset now)
    {
        lock (_gate)
        {
            var refused = Refused();
            if (standing is null ? !refused.Remove(lane) : refused.GetValueOrDefault(lane)?.ProbeAt == standing.ProbeAt)
                return;
            if (standing is not null)
                refused[lane] = new RefusedAccount(AccountOf(lane), standing.Since, standing.Wait, standing.ProbeAt)
                {
                    NotedAt = now,
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

    // What is logged in with, as it is configured: no secret is part of it.
    private string AccountOf(string lane)
    {
        var all = needs().All;
        var route = all.Routes.FirstOrDefault(route => route.Name == lane);
        var account = all.Accounts.FirstOrDefault(account => account.Name == route?.Account?.OAuth);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            $"{route?.Via} {route?.Host} {route?.Port} {route?.Tls} {route?.Account} {account}")));
    }

    private DateTimeOffset ChangedAt(string lane)
    {
        var (all, vault, _) = needs();
        var reference = all.Routes.FirstOrDefault(route => route.Name == lane)?.Account;
        var account = all.Accounts.FirstOrDefault(account => account.Name == reference?.OAuth);
        var changes = new[] { reference?.Secret, account?.ClientSecret, account?.Key, account?.ConsentName }
            .Select(name => name is null ? null : vault.Find(name)?.SetAt)
            .Append(FileTime(reference?.PasswordFile)).Append(FileTime(account?.CertificateFile));
        return changes.Max() ?? default;
    }

    private static DateTimeOffset? FileTime(string? file) =>
        file is not null && File.Exists(file) ? new DateTimeOffset(File.GetLastWriteTimeUtc(file)) : null;
}

/// <summary>One of them as it lies in the file.</summary>
internal sealed record RefusedAccount(string Account, DateTimeOffset Since, TimeSpan Wait, DateTimeOffset ProbeAt)
{
    public DateTimeOffset NotedAt { get; init; }

    /// <summary>Three numbers (RFC 3463 §2).</summary>
    public int[] Status { get; init; } = [4, 7, 0];

    public string Diagnostic { get; init; } = "";

    public string? RemoteMta { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(Dictionary<string, RefusedAccount>))]
internal sealed partial class RefusalJson : JsonSerializerContext;
