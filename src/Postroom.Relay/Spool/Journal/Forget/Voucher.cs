using System.Globalization;
using System.Security.Cryptography;

namespace Postroom.Relay.Spool.Journal.Forget;

/// <summary>The chain's word for what is gone from it: the text of the event
/// <see cref="Postroom.Mail.Audit.EventKind.Forgotten"/>.</summary>
/// <param name="Segment">The segment whose records were gone through.</param>
/// <param name="Records">How many of them are reduced since then, those of earlier times included.</param>
/// <param name="Digest">SHA-256 over all of these, in order; null where the segment went as a whole, and all before
/// it.</param>
/// <param name="Until">Of a segment that went: when its last group was written.</param>
public sealed record Voucher(int Segment, long Records, string? Digest, DateTimeOffset? Until)
{
    /// <summary>The text that says that all of the journal was gone through for what persons had erased.</summary>
    public const string AllErased = "erasures done";

    public override string ToString() => Digest is null
        ? string.Create(CultureInfo.InvariantCulture, $"segment={Segment} gone until={Until:O}")
        : string.Create(CultureInfo.InvariantCulture, $"segment={Segment} forgotten={Records} digest={Digest}");

    /// <summary>Null if it is no such text.</summary>
    public static Voucher? Read(string? text)
    {
        if (text?.Split(' ') is not [var segment, var what, var last]
            || !segment.StartsWith("segment=", StringComparison.Ordinal)
            || !int.TryParse(segment.AsSpan(8), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return null;
        if (what == "gone" && last.StartsWith("until=", StringComparison.Ordinal)
            && DateTimeOffset.TryParseExact(last.AsSpan(6), "O", CultureInfo.InvariantCulture,
                DateTimeStyles.None, out var until))
            return new Voucher(number, 0, null, until);
        return what.StartsWith("forgotten=", StringComparison.Ordinal)
            && long.TryParse(what.AsSpan(10), NumberStyles.None, CultureInfo.InvariantCulture, out var records)
            && last.StartsWith("digest=", StringComparison.Ordinal)
            ? new Voucher(number, records, last[7..], null)
            : null;
    }
}

/// <summary>Gathers the reduced frames of a segment, in order, for its <see cref="Voucher"/>.</summary>
internal sealed class ReducedSum : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long Records { get; private set; }

    /// <param name="head">Of the frame, as it stands in the record segment: its place is in its sums.</param>
    public void Add(ReadOnlySpan<byte> head)
    {
        _hash.AppendData(head);
        Records++;
    }

    public string Digest() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public void Dispose() => _hash.Dispose();
}
