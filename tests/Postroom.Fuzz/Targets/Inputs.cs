namespace Postroom.Fuzz.Targets;

/// <summary>Makes inputs for a target: out of its words, and by spoiling what was an input before. One seed, one
/// input.</summary>
public static class Inputs
{
    private const int MostWords = 24;

    /// <param name="corpus">Inputs that led somewhere; may be empty.</param>
    public static byte[] Make(FuzzTarget target, IReadOnlyList<byte[]> corpus, int seed)
    {
        var dice = new Random(seed);
        var input = new List<byte>();
        switch (dice.Next(corpus.Count > 0 ? 4 : 2))
        {
            case 0: // whole words, as a session has them
                Choose(dice, input, dice.Next(4));
                for (var i = dice.Next(MostWords); i >= 0; i--)
                    input.AddRange(Word(target, dice));
                break;
            case 1: // words and dirt
                Choose(dice, input, 2);
                for (var i = dice.Next(MostWords); i >= 0; i--)
                    input.AddRange(dice.Next(4) == 0 ? Dirt(dice) : Word(target, dice));
                break;
            default: // what was one, spoiled
                input.AddRange(corpus[dice.Next(corpus.Count)]);
                break;
        }

        for (var i = dice.Next(6) - 2; i > 0; i--)
            Spoil(target, corpus, dice, input);
        return [.. input];
    }

    private static void Choose(Random dice, List<byte> input, int count)
    {
        for (var i = 0; i < count; i++)
            input.Add((byte)dice.Next(256));
    }

    private static byte[] Word(FuzzTarget target, Random dice) => target.Tokens[dice.Next(target.Tokens.Length)];

    private static byte[] Dirt(Random dice)
    {
        var dirt = new byte[1 + dice.Next(6)];
        dice.NextBytes(dirt);
        return dirt;
    }

    private static void Spoil(FuzzTarget target, IReadOnlyList<byte[]> corpus, Random dice, List<byte> input)
    {
        var at = dice.Next(input.Count + 1);
        var count = Math.Min(dice.Next(1, 20), input.Count - at);
        switch (dice.Next(8))
        {
            case 0: // cut
                input.RemoveRange(at, count);
                break;
            case 1: // repeat, a giant now and then
                var again = input.GetRange(at, count);
                for (var i = dice.Next(10) == 0 ? 200 : dice.Next(4); i >= 0; i--)
                    input.InsertRange(at, again);
                break;
            case 2: // splice
                if (corpus.Count > 0 && corpus[dice.Next(corpus.Count)] is { Length: > 0 } other)
                    input.InsertRange(at, other.Skip(dice.Next(other.Length)).Take(64));
                break;
            case 3: // one bit, or octet
                if (at < input.Count)
                    input[at] = dice.Next(2) == 0 ? (byte)(input[at] ^ (1 << dice.Next(8))) : (byte)dice.Next(256);
                break;
            case 4: // another order
                var moved = input.GetRange(at, count);
                input.RemoveRange(at, count);
                input.InsertRange(dice.Next(input.Count + 1), moved);
                break;
            case 5:
                input.InsertRange(at, Dirt(dice));
                break;
            default:
                input.InsertRange(at, Word(target, dice));
                break;
        }
    }
}
