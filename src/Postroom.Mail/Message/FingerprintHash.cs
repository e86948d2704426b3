using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Postroom.Mail.Message;

/// <summary>What stands between the octets that count.</summary>
internal enum Sign : byte { None, Subject, InReplyTo, References, Body, Delimiter, Boundary, Long, End }

/// <summary>SHA-256 over octets and signs, so that no octets can be taken for a sign.</summary>
/// <remarks>A sign is written behind the octets before it, with their number: read from the end, there is one way to
/// take it apart.</remarks>
internal sealed class FingerprintHash : IDisposable
{
    private const int SignLength = 8 + 1 + 1;

    // Calls into the library cost as much as a hundred octets: small pieces are gathered.
    private readonly byte[] _gathered = new byte[1024];
    private readonly IncrementalHash _sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int _used;
    private long _run;

    public void Add(ReadOnlySpan<byte> octets)
    {
        _run += octets.Length;
        if (octets.Length > _gathered.Length - _used)
        {
            Flush();
            if (octets.Length > _gathered.Length / 2)
            {
                _sha.AppendData(octets);
                return;
            }
        }

        octets.CopyTo(_gathered.AsSpan(_used));
        _used += octets.Length;
    }

    /// <param name="number">Which of its kind.</param>
    public void Mark(Sign sign, int number)
    {
        Span<byte> written = stackalloc byte[SignLength];
        BinaryPrimitives.WriteInt64LittleEndian(written, _run);
        (written[8], written[9]) = ((byte)sign, (byte)number);
        Add(written);
        _run = 0;
    }

    public Fingerprint Finish()
    {
        Mark(Sign.End, 0);
        Flush();
        Span<byte> made = stackalloc byte[SHA256.HashSizeInBytes];
        _sha.GetHashAndReset(made);
        (_used, _run) = (0, 0);
        return Fingerprint.Read(made);
    }

    public void Reset()
    {
        if (_used == 0 && _run == 0)
            return;
        Finish();
    }

    public void Dispose() => _sha.Dispose();

    private void Flush()
    {
        if (_used == 0)
            return;
        _sha.AppendData(_gathered.AsSpan(0, _used));
        _used = 0;
    }
}
