using Postroom.Mail.Audit;
using Postroom.Relay.Spool.Journal.Forget;

namespace Postroom.Relay.Spool.Journal.Check;

/// <summary>Holds what is gone from the journal against what the chain says of it: who takes something out, and has not
/// the chain's word for it, is found.</summary>
internal sealed class VouchedFor
{
    private readonly Dictionary<int, string> _found = [];
    private readonly HashSet<(int Segment, string Digest)> _vouched = [];
    private int _goneTo;

    public long Records { get; private set; }

    /// <summary>What is reduced in a segment.</summary>
    public void Found(int segment, ReducedSum reduced)
    {
        if (reduced.Records == 0)
            return;
        Records += reduced.Records;
        _found[segment] = reduced.Digest();
    }

    public void Noted(TrailEvent happened)
    {
        if (happened is not { Kind: EventKind.Forgotten, Mail: null } || Voucher.Read(happened.Text) is not { } voucher)
            return;
        if (voucher.Digest is { } digest)
            _vouched.Add((voucher.Segment, digest));
        else
            _goneTo = Math.Max(_goneTo, voucher.Segment);
    }

    /// <param name="first">The first that is kept. Where it is the first there ever was, its chain begins with
    /// zeros.</param>
    public void Check(SegmentHeader first, CheckLog log)
    {
        if (first.Chain.AsSpan().ContainsAnyExcept((byte)0) && first.Previous.Segment > _goneTo)
            log.Break(new Position(first.Number, 0), FormattableString.Invariant(
                $"what was before segment {first.Number} is gone, and nothing in the chain says that it was to go"));
        foreach (var (segment, digest) in _found)
            if (!_vouched.Contains((segment, digest)))
                log.Break(new Position(segment, 0), FormattableString.Invariant($"records of segment {segment}")
                    + " were taken out, and nothing in the chain says that they were to go");
    }
}
