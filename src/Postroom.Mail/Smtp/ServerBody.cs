using System.Buffers;

namespace Postroom.Mail.Smtp;

/// <summary>The data of the mail in hand, by DATA or in chunks: how far it has come.</summary>
internal sealed class ServerBody(ServerProfile profile)
{
    private IBufferWriter<byte>? _writer;
    private long _left;
    private bool _isLast;
    private bool _dropped;

    public enum Turn { NeedInput, MailEnded, ChunkEnded, Bad, TooLarge }

    public MailData Octets { get; } = new(profile.MessageSize, profile.Lenient);

    /// <summary>The data comes in chunks, and the first has begun.</summary>
    public bool InChunks { get; private set; }

    /// <summary>Octets of the chunk in hand, as BDAT gave them.</summary>
    public long ChunkSize { get; private set; }

    /// <summary>The mail as far as it is known with the chunk that was announced; it may be beyond the limit.</summary>
    public long Announced => InChunks ? Octets.Length + ChunkSize : ChunkSize;

    public bool TryChunk(ReadOnlySpan<byte> args)
    {
        var isGood = ServerLines.TryChunk(args, out var size, out _isLast);
        (_left, ChunkSize) = (size, size);
        return isGood;
    }

    public void BeginChunks() => InChunks = true;

    public void Open(IBufferWriter<byte> writer)
    {
        _writer = writer;
        Octets.Begin(dots: !InChunks);
    }

    /// <summary>The mail was answered: the host has the writer in hand.</summary>
    public void Forget() => _writer = null;

    /// <summary>Nothing will come of the mail.</summary>
    public void Drop()
    {
        _dropped |= _writer != null;
        (_writer, InChunks) = (null, false);
    }

    /// <summary>True once for a writer that the host still has to dispose of.</summary>
    public bool TakeDropped()
    {
        var was = _dropped;
        _dropped = false;
        return was;
    }

    public Turn ReadData(ref ReadOnlySequence<byte> input)
    {
        while (!input.IsEmpty)
        {
            input = input.Slice(Octets.Read(input.FirstSpan, _writer!));
            if (Octets.IsRefused)
                return Turn.Bad;
            if (Octets.IsEnd)
                return Turn.MailEnded;
            if (Octets.Length - Octets.Limit > Octets.Limit)
                return Turn.TooLarge;
        }

        return Turn.NeedInput;
    }

    public Turn ReadChunk(ref ReadOnlySequence<byte> input)
    {
        while (_left > 0)
        {
            if (input.IsEmpty)
                return Turn.NeedInput;
            var piece = input.FirstSpan;
            var taken = Octets.Read(piece[..(int)Math.Min(piece.Length, _left)], _writer!);
            input = input.Slice(taken);
            _left -= taken;
            if (Octets.IsRefused)
                return Turn.Bad;
        }

        if (!_isLast)
            return Turn.ChunkEnded;
        Octets.Finish(_writer!);
        return Octets.IsRefused ? Turn.Bad : Turn.MailEnded;
    }

    /// <summary>Reads past a chunk that was refused; true when it is over.</summary>
    public bool SkipChunk(ref ReadOnlySequence<byte> input)
    {
        var length = Math.Min(input.Length, _left);
        input = input.Slice(length);
        _left -= length;
        return _left == 0;
    }
}
