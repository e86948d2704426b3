using System.Text;

namespace Postroom.Mail.Audit;

/// <summary>The box that a captured recipient lies in: a name that needs no setting up.</summary>
/// <remarks>
/// The first of these that there is: the tag of the address (<c>alice+run42@example.com</c> lies in <c>run42</c>,
/// RFC 5233 §1), the instance of the application, the application, who logged in, the listener. It follows from what
/// never changes of a mail, so an index that is made anew sorts as this one did.
/// </remarks>
public static class Box
{
    /// <summary>The most characters of a name.</summary>
    public const int Longest = 80;

    /// <summary>The name: compared without regard to the case of ASCII letters.</summary>
    /// <param name="to">The recipient, as it was given.</param>
    public static string Of(ForwardPath to, Origin origin, AppFacts? app) =>
        TagOf(to.Address) ?? Name(app?.Instance) ?? Name(app?.App) ?? Name(Plain(origin.User)) ?? Name(origin.Listener)
            ?? "postroom";

    /// <summary>What stands between the first + and the @; null where that is nothing.</summary>
    public static string? TagOf(string address)
    {
        var at = address.LastIndexOf('@');
        var local = at < 0 ? address : address[..at];
        var plus = local.IndexOf('+', StringComparison.Ordinal);
        return plus <= 0 ? null : Name(local[(plus + 1)..].TrimEnd('"'));
    }

    // A token of the API is known by the name it was given.
    private static string? Plain(string? user) =>
        user?.StartsWith("token:", StringComparison.Ordinal) == true ? user["token:".Length..] : user;

    // It stands in paths, in filters without quotes and in the names of folders.
    private static string? Name(string? text)
    {
        var name = new StringBuilder();
        foreach (var c in (text ?? "").Trim())
            name.Append(char.IsLetterOrDigit(c) || "-_.@:+=".Contains(c, StringComparison.Ordinal) ? c : '-');
        var trimmed = name.ToString().Trim('-', '.');
        return trimmed.Length == 0 ? null : trimmed.Length <= Longest ? trimmed : trimmed[..Longest];
    }
}
