using System.Text;

namespace Postroom.Tests.Mail.Message;

/// <summary>Mail with parts in parts, made again with the same dice and other boundaries.</summary>
internal static class TwiceMade
{
    /// <param name="Counting">Where the octets of the body are that no boundary has to do with.</param>
    internal sealed record Made(byte[] Octets, List<int> Counting);

    // What a boundary may be made of (RFC 2046 §5.1.1); what is not a token has to be quoted.
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'()+_,-./:=?";

    private static readonly string[] Lines =
    [
        "text", "", "-", "--", "--text", "-- signature", "boundary=x", "------", "Content-Type: text/plain",
        "Content-Type: multipart/mixed; boundary=none", "\tindented", "=?UTF-8?Q?x?=", "------=_Part_0_0.0",
    ];

    /// <summary>Boundaries no two of which are alike.</summary>
    public static Func<int, string> Boundaries(Random dice)
    {
        var made = new List<string>();
        return n =>
        {
            while (made.Count <= n)
                made.Add($"{made.Count}{Boundary(dice)}");
            return made[n];
        };
    }

    public static Made Mail(Random dice, Func<int, string> boundary)
    {
        var (text, counting, number) = (new StringBuilder(), new List<int>(), 0);
        text.Append("Date: ").Append(boundary(100)).Append("\r\nMessage-ID: <").Append(boundary(101))
            .Append(">\r\nSubject: a subject\r\n");
        var isMultipart = dice.Next(8) > 0;
        var top = isMultipart ? Declare(number++) : -1;
        text.Append("MIME-Version: 1.0\r\n\r\n");
        if (isMultipart)
            Parts(top, 0);
        else
            Count(Some());
        return new Made(Encoding.Latin1.GetBytes(text.ToString()), counting);

        void Parts(int of, int depth)
        {
            Count(dice.Next(2) == 0 ? "preamble\r\n" : "");
            for (var parts = dice.Next(1, 4); parts > 0; parts--)
            {
                text.Append("--").Append(boundary(of)).Append(dice.Next(6) == 0 ? "  \r\n" : "\r\n");
                if (depth < 3 && dice.Next(3) == 0)
                {
                    var inner = Declare(number++);
                    Count("\r\n");
                    Parts(inner, depth + 1);
                }
                else
                {
                    Count(dice.Next(4) == 0 ? "" : "Content-Type: text/plain; charset=UTF-8\r\nX-Field:\r\n folded\r\n");
                    Count("\r\n");
                    Count(Some());
                }
            }

            text.Append("--").Append(boundary(of)).Append("--");
            text.Append(depth > 0 || dice.Next(3) > 0 ? "\r\n" : "");
            Count(depth > 0 ? "epilogue\r\n" : "");
        }

        int Declare(int n)
        {
            var quote = boundary(n).All(char.IsAsciiLetterOrDigit) && boundary(n).Length % 2 == 0 ? "" : "\"";
            var fold = boundary(n).Length % 3 == 0 ? "\r\n\t" : " ";
            text.Append("Content-Type: multipart/mixed;").Append(fold).Append("boundary=").Append(quote)
                .Append(boundary(n)).Append(quote).Append("\r\n");
            return n;
        }

        string Some() => string.Concat(Enumerable.Range(0, dice.Next(1, 6))
            .Select(_ => Lines[dice.Next(Lines.Length)] + (dice.Next(9) == 0 ? "\n" : "\r\n")));

        void Count(string counts)
        {
            counting.AddRange(Enumerable.Range(text.Length, counts.Length));
            text.Append(counts);
        }
    }

    private static string Boundary(Random dice)
    {
        var plain = dice.Next(2) == 0;
        var end = dice.Next(5) == 0 ? "--" : "z";
        return (dice.Next(3) == 0 ? "----=_Part_" : "") + string.Concat(Enumerable.Range(0, dice.Next(1, 40))
            .Select(_ => plain ? (char)('a' + dice.Next(26)) : Letters[dice.Next(Letters.Length)])) + end;
    }
}
