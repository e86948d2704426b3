using System.Collections.Concurrent;
using System.Text;

namespace Postroom.Relay.Telemetry;

/// <summary>The enhanced statuses of our own replies, each as one text that is made once.</summary>
internal static class Statuses
{
    private const int Most = 100; // there are some twenty; and no client writes these texts

    private static readonly ConcurrentDictionary<int, string> Known = new();

    /// <summary>Of <c>452 4.3.1 Insufficient system storage</c>: <c>4.3.1</c>; <c>none</c> where there is
    /// none.</summary>
    public static string Of(ReadOnlySpan<byte> reply)
    {
        if (reply.Length < 10 || reply[4] is not ((byte)'4' or (byte)'5') || reply[5] != '.')
            return "none";
        var text = reply[4..];
        text = text[..Math.Max(0, text.IndexOf((byte)' '))];
        var key = 0;
        foreach (var digit in text)
            key = digit == '.' ? key * 1_000 : key - key % 1_000 + (key % 1_000 * 10 + (digit - '0')) % 1_000;
        if (Known.TryGetValue(key, out var status))
            return status;
        return Known.Count < Most ? Known.GetOrAdd(key, Encoding.ASCII.GetString(text)) : "none";
    }
}
