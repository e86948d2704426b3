using Postroom.Mail;

namespace Postroom.Relay.Spool.Journal.Check;

/// <summary>The breaks that a verification finds: between which instants, and of which mail.</summary>
internal sealed class CheckLog
{
    /// <summary>A journal that is rotten through and through is told of by its beginning.</summary>
    private const int Most = 1_000;

    private readonly List<JournalBreak> _breaks = [];
    private readonly Dictionary<Position, int> _nameless = []; // where the body begins that is wrong
    private int _undated;

    public IReadOnlyList<JournalBreak> Breaks =>
        [.. _breaks.OrderBy(found => found.At.Segment).ThenBy(found => found.At.Offset)];

    public DateTimeOffset? FirstAt { get; private set; }

    public DateTimeOffset? LastAt { get; private set; }

    public void Break(Position at, string what, MailId? mail = null)
    {
        if (_breaks.Count < Most)
            _breaks.Add(new JournalBreak(at, what) { After = LastAt, Mail = mail });
    }

    /// <summary>Of a piece of a body: the record that names it may come later.</summary>
    public void BreakOfBody(Position frame, BodyPiece piece, string what)
    {
        Break(frame, what);
        _nameless[new Position(piece.Segment, piece.Offset)] = _breaks.Count - 1;
    }

    /// <summary>Bodies are wrong of which it is not known whose they are.</summary>
    public bool IsMailWanted => _nameless.Count > 0;

    public void Named(AcceptedRecord mail)
    {
        foreach (var piece in mail.Pieces)
            if (_nameless.Remove(new Position(piece.Segment, piece.Offset), out var found))
                _breaks[found] = _breaks[found] with { Mail = mail.Id };
    }

    /// <summary>A sound group: what was found wrong since the one before lies between the two.</summary>
    public void Sound(DateTimeOffset at)
    {
        for (; _undated < _breaks.Count; _undated++)
            _breaks[_undated] = _breaks[_undated] with { Before = at };
        FirstAt ??= at;
        LastAt = at;
    }
}
