using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>Mails as applications write them, and how they have to arrive.</summary>
internal static partial class Mails
{
    /// <summary>
    /// A notification like Jira's with what goes wrong on a careless way: dots at line starts, a folded header,
    /// trailing
    /// spaces, a long line, 8-bit text.
    /// </summary>
    public static byte[] Notification(string key) => Encoding.UTF8.GetBytes(string.Join("\r\n",
        "Date: Mon, 23 Nov 2026 09:14:02 +0000 (UTC)",
        $"Message-ID: <JIRA.{key}@jira.example.com>",
        "From: \"Alice (Jira)\" <jira@example.com>",
        "To: alice@example.com",
        $"Subject: [JIRA] ({key}) =?UTF-8?Q?Dr=C3=BCcker?= on",
        "\t fire",
        "X-JIRA-FingerPrint: 52b0fe4d0a7b7c41f65ea09fe94f9a26",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        $"Issue {key}: the printer is on fire.   ",
        ".",
        "..two dots",
        ".hidden",
        "Grüße aus dem Keller",
        new string('x', 900),
        "",
        ""));

    /// <summary>The issue that a notification is about, by its Message-ID.</summary>
    public static string KeyOf(byte[] arrived) => Key().Match(Encoding.Latin1.GetString(arrived)).Groups[1].Value;

    public static bool IsAbout(string key, byte[] arrived) => KeyOf(arrived) == key;

    /// <summary>As it goes over the wire after DATA (RFC 5321 §4.5.2).</summary>
    public static byte[] Stuffed(byte[] mail)
    {
        var text = Encoding.Latin1.GetString(mail);
        var stuffed = (text.StartsWith('.') ? "." : "") + text.Replace("\r\n.", "\r\n..", StringComparison.Ordinal);
        return Encoding.Latin1.GetBytes(stuffed + ".\r\n");
    }

    /// <summary>Promise 8: fields in front, then the mail byte for byte.</summary>
    /// <param name="sent">What the application sent.</param>
    /// <param name="arrived">What the next hop got.</param>
    /// <param name="fields">The fields that may stand in front.</param>
    public static void ArrivedUnchanged(byte[] sent, byte[] arrived, params string[] fields)
    {
        Assert.True(arrived.AsSpan().EndsWith(sent), $"not what was sent:\n{Encoding.Latin1.GetString(arrived)}");
        var front = Encoding.Latin1.GetString(arrived, 0, arrived.Length - sent.Length);
        Assert.StartsWith("Received:", front, StringComparison.Ordinal);
        Assert.EndsWith("\r\n", front, StringComparison.Ordinal);
        var names = FieldName().Matches(front).Select(match => match.Groups[1].Value).Distinct();
        Assert.Equal(["Received", .. fields], names);
    }

    [GeneratedRegex("<JIRA\\.([^@]+)@")]
    private static partial Regex Key();

    [GeneratedRegex(@"^([!-9;-~]+):", RegexOptions.Multiline)]
    private static partial Regex FieldName();
}
