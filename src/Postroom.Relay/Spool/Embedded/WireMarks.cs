using System.Buffers.Binary;
using Postroom.Mail;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>
/// Which mails are between the final dot and the recorded answer, in memory that outlives the process.
/// </summary>
/// <remarks>
/// A mark is one store of eight octets: no call, no sync. After a kill the next start reads here which leases are in
/// doubt; after a power cut it cannot, and then every unsettled lease is (promise 3).
/// </remarks>
/// <param name="scratch">The memory.</param>
internal sealed class WireMarks(IScratch scratch)
{
    private const int Size = 8;

    // Slot 0 stands for all that found no slot of their own: if it is set, every lease is in doubt.
    private const int Shared = 0;
    private readonly Stack<int> _free = new();
    private int _unused = Shared + 1;

    /// <summary>How many marks there can be.</summary>
    public int Capacity { get; } = (scratch.Bytes.Length) / Size;

    /// <summary>The mails that are marked: at start, those of the life before. Null: it could be any.</summary>
    public HashSet<MailId>? Read()
    {
        if (BinaryPrimitives.ReadInt64LittleEndian(At(Shared)) != 0)
            return null;
        var marked = new HashSet<MailId>();
        for (var slot = 0; slot < Capacity; slot++)
            if (BinaryPrimitives.ReadInt64LittleEndian(At(slot)) is not 0 and var id)
                marked.Add(new MailId(id));
        return marked;
    }

    /// <summary>Forgets all: the start has recorded what they said.</summary>
    public void Wipe() => scratch.Bytes.Clear();

    /// <summary>A place for a mark. Call under the spool's gate.</summary>
    public int Take() => _free.TryPop(out var slot) ? slot : _unused < Capacity ? _unused++ : Shared;

    public void Set(int slot, MailId id) => BinaryPrimitives.WriteInt64LittleEndian(At(slot), id.Value);

    /// <summary>The outcome is recorded. Call under the spool's gate.</summary>
    public void Free(int slot)
    {
        if (slot == Shared)
            return;
        BinaryPrimitives.WriteInt64LittleEndian(At(slot), 0);
        _free.Push(slot);
    }

    private Span<byte> At(int slot) => scratch.Bytes.Slice(slot * Size, Size);
}
