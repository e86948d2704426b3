namespace Postroom.Mail.Status;

/// <summary>Whose words a reply is in, where the same words mean something else from others.</summary>
/// <param name="Name">As people call it.</param>
/// <param name="Hosts">Its hosts, or the domains they are in.</param>
/// <param name="Words">What stands in its replies wherever they were heard.</param>
public sealed record Provider(string Name, IReadOnlyList<string> Hosts, IReadOnlyList<string> Words)
{
    public static Provider Google { get; } =
        new("Google", ["gmail.com", "googlemail.com", "google.com", "googleapis.com"],
            ["gsmtp", "google.com", "googleapis.com"]);

    /// <summary>Where one logs in to send. What takes mail for recipients (mail.protection.outlook.com) is
    /// not.</summary>
    public static Provider Microsoft { get; } = new("Microsoft",
    [
        "office365.com", "office365.us", "smtp-mail.outlook.com", "partner.outlook.cn",
        "microsoftonline.com", "microsoftonline.us", "partner.microsoftonline.cn",
        "graph.microsoft.com", "graph.microsoft.us", "microsoftgraph.chinacloudapi.cn",
    ], ["outlook.com", "AADSTS", "STOREDRV", "microsoftonline.com"]);

    public static Provider Amazon { get; } = new("Amazon", ["amazonaws.com", "amazonaws.com.cn"], []);

    /// <summary>By the name of the host alone: what is decided by it must not hang on words that a stranger can
    /// write.</summary>
    public bool IsAt(string? host)
    {
        if (host is null)
            return false;
        foreach (var name in Hosts)
            if (host.EndsWith(name, StringComparison.OrdinalIgnoreCase)
                && (host.Length == name.Length || host[^(name.Length + 1)] == '.'))
                return true;
        return false;
    }

    /// <summary>By the host or by the words: good enough to explain.</summary>
    public bool IsMeant(Failure failure)
    {
        if (IsAt(failure.RemoteMta))
            return true;
        foreach (var word in Words)
            if (failure.Diagnostic.Contains(word, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }
}
