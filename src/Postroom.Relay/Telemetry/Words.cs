using Postroom.Mail.Smtp;
using Postroom.Mail.Status;

namespace Postroom.Relay.Telemetry;

/// <summary>Why mail was refused: the values of a label.</summary>
public static class RefusalReasons
{
    public const string DiskFull = "disk_full";
    public const string IndexBehind = "index_behind";
    public const string TooSlow = "too_slow";
    public const string StoreFailed = "store_failed";
    public const string Loop = "loop";
    public const string TooLarge = "too_large";
    public const string BadData = "bad_data";
    public const string NoMemory = "no_memory";

    /// <summary>On purpose.</summary>
    public const string Made = "made";

    public static IReadOnlyList<string> All { get; } =
        [DiskFull, IndexBehind, TooSlow, StoreFailed, Loop, TooLarge, BadData, NoMemory, Made];
}

/// <summary>How sessions end that do not end by QUIT: the values of a label.</summary>
public static class EndingNames
{
    public const string Broke = "broke";
    public const string TimedOut = "timed_out";
    public const string TlsFailed = "tls_failed";
    public const string StoreFailed = "store_failed";
    public const string NoMemory = "no_memory";
    public const string Bug = "bug";

    public static IReadOnlyList<string> All { get; } =
    [
        .. Enum.GetValues<Ending>().Except([Ending.None, Ending.Quit]).Select(Of),
        Broke, TimedOut, TlsFailed, StoreFailed, NoMemory, Bug,
    ];

    public static string Of(Ending ending) => ending switch
    {
        Ending.None or Ending.Quit => "quit",
        Ending.ForeignProtocol => "foreign_protocol",
        Ending.BadData => "bad_data",
        Ending.TooLarge => "too_large",
        Ending.TooManyErrors => "too_many_errors",
        Ending.FailedLogins => "failed_logins",
        Ending.OutOfStep => "out_of_step",
        Ending.NotAllowed => "not_allowed",
        Ending.Unavailable => "unavailable",
    };
}

/// <summary>The steps of a try: the values of a label.</summary>
public static class StepNames
{
    public static IReadOnlyList<string> All { get; } =
    [
        "connect", "tls", "greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "dot", "draft", "send",
    ];
}

/// <summary>Faults and verdicts as labels, without making a text each time.</summary>
public static class Words
{
    public static string Of(Fault fault) => fault switch
    {
        Fault.Recipient => "recipient",
        Fault.Message => "message",
        Fault.Account => "account",
        Fault.NextHop => "nexthop",
        Fault.Ourselves => "ourselves",
    };

    public static string Of(Happening verdict) => verdict switch
    {
        Happening.Accepted => "accepted",
        Happening.Deferred => "deferred",
        Happening.Refused => "refused",
        Happening.Expired => "expired",
        Happening.Captured => "captured",
        Happening.Held => "held",
        Happening.Suppressed => "suppressed",
        Happening.Discarded => "discarded",
        _ => "returned",
    };
}
