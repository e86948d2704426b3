namespace Postroom.Fuzz.Targets;

/// <summary>What the public scanners for SMTP smuggling take for a false end of a mail.</summary>
/// <remarks>
/// smtpsmug is github.com/hannob/smtpsmug, whose names are kept; its nullbefore and nullafter are one sequence.
/// SMTP-Smuggling-Tools is github.com/The-Login/SMTP-Smuggling-Tools: the lists of its scanner for both directions and
/// of its analysis.
/// </remarks>
public static class ScannerCases
{
    public static IReadOnlyList<(string Name, string End)> All { get; } =
    [
        ("smtpsmug lflf", "\n.\n"), ("smtpsmug crcr", "\r.\r"), ("smtpsmug crlf", "\r.\n"),
        ("smtpsmug lfcr", "\n.\r"), ("smtpsmug lfcrlf", "\n.\r\n"), ("smtpsmug crlflf", "\r\n.\n"),
        ("smtpsmug crcrlf", "\r.\r\n"), ("smtpsmug crlfcr", "\r\n.\r"), ("smtpsmug nullbefore", "\r\n\0.\r\n"),
        ("SMTP-Smuggling-Tools nullafter", "\r\n.\0\r\n"),
        ("SMTP-Smuggling-Tools outbound crlfcrcrlf", "\r\n.\r\r\n"),
        ("SMTP-Smuggling-Tools outbound crcrlfcrcrlf", "\r\r\n.\r\r\n"),
    ];
}
