namespace Postroom.Relay.OAuth;

/// <summary>What is the same for everybody at the large providers.</summary>
/// <remarks>
/// Google's device flow gives no scope for mail, so it has none here. Microsoft says 90 days for a refresh token that
/// nobody uses, Google six months.
/// </remarks>
public static class Presets
{
    /// <summary>The tenant of a Microsoft account where none is named: whoever logs in says which.</summary>
    public const string AnyTenant = "organizations";

    /// <summary>Null for <see cref="OAuthProvider.Other"/>: there it has to be written.</summary>
    public static OAuthEndpoints? EndpointsOf(OAuthProvider provider, string? tenant) => provider switch
    {
        OAuthProvider.Google => new OAuthEndpoints(
            new Uri("https://oauth2.googleapis.com/token"), new Uri("https://accounts.google.com/o/oauth2/v2/auth"))
        {
            IdleLife = TimeSpan.FromDays(180),
        },
        OAuthProvider.Microsoft => OfMicrosoft(Uri.EscapeDataString(tenant ?? AnyTenant)),
        OAuthProvider.Other => null,
    };

    /// <summary>What mail needs: no more is asked for than that. Empty where it has to be written.</summary>
    public static string ScopeOf(OAuthProvider provider, OAuthFlow flow, bool isForGraph) => (provider, flow) switch
    {
        (OAuthProvider.Google, _) => "https://mail.google.com/",
        (OAuthProvider.Microsoft, OAuthFlow.User) when isForGraph =>
            "https://graph.microsoft.com/Mail.Send offline_access",
        (OAuthProvider.Microsoft, OAuthFlow.User) => "https://outlook.office.com/SMTP.Send offline_access",
        (OAuthProvider.Microsoft, _) when isForGraph => "https://graph.microsoft.com/.default",
        (OAuthProvider.Microsoft, _) => "https://outlook.office365.com/.default",
        (OAuthProvider.Other, _) => "",
    };

    private static OAuthEndpoints OfMicrosoft(string tenant)
    {
        var at = $"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/";
        return new OAuthEndpoints(new Uri(at + "token"), new Uri(at + "authorize"), new Uri(at + "devicecode"))
        {
            IdleLife = TimeSpan.FromDays(90),
        };
    }
}
