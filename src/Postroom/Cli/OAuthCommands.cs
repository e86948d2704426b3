using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Configuration;
using Postroom.Host;
using Postroom.Mail;
using Postroom.Mail.Routing;
using Postroom.Mail.Status;
using Postroom.Relay.OAuth;

namespace Postroom.Cli;

/// <summary><c>postroom oauth connect</c>: walks a person through what an account needs, and tries it at
/// once.</summary>
internal static class OAuthCommands
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15); // a device code lives no longer

    private static readonly Option<bool> OnDevice = new("--device")
    {
        Description = "Consent on another device, by a code, instead of in a browser that comes back to this machine",
    };

    public static Command Build(Screen screen) => new("oauth", "The accounts that are logged in to with OAuth 2.0")
    {
        BuildConnect(screen),
    };

    private static Command BuildConnect(Screen screen)
    {
        var name = new Argument<string>("NAME");
        var connect = new Command("connect", "Have a person consent, keep what that gives, and try it with a login")
            { name, OnDevice };
        connect.SetAction(async (result, cancel) =>
        {
            var all = SecretCommands.ConfigurationOf(result);
            var account = AccountOf(all, result.GetValue(name)!);
            var routes = all.Routes.Where(route => route.Account?.OAuth == account.Name).ToList();
            var isForGraph = routes.Exists(route => route.Via == Via.Graph);
            using var client = new TokenClient(all.Vault.Open(TimeProvider.System), TimeProvider.System,
                TokenBook.AnswerWithin);
            try
            {
                screen.Line(screen.Bold($"{account.Name}: {account.User} at ")
                    + account.Provider.ToString().ToLowerInvariant());
                string? objectId = null;
                if (account.Flow == OAuthFlow.User)
                {
                    Tell(screen, ProviderSteps.Of(account, isForGraph, objectId));
                    await ConsentAsync(screen, result, account, client, cancel);
                }
                else
                {
                    var token = await TokenAsync(screen, account, isForGraph, client, cancel);
                    objectId = Claims.ObjectIdOf(token);
                    Tell(screen, ProviderSteps.Of(account, isForGraph, objectId));
                }
            }
            catch (TokenException e)
            {
                throw new CliException(ExitCode.Refused, Told(e));
            }

            return (int)await TryAsync(screen, result, routes, cancel);
        });
        return connect;
    }

    private static async Task<AccessToken> TokenAsync(
        Screen screen, OAuthAccount account, bool isForGraph, TokenClient client, CancellationToken cancel)
    {
        try
        {
            var grant = account.Flow == OAuthFlow.App
                ? await client.OfAppAsync(account, cancel)
                : await client.OfServiceAccountAsync(account, cancel);
            screen.Line(string.Create(CultureInfo.InvariantCulture,
                $"{account.Endpoints.Token.Host} gives tokens, until {grant.Access.ExpiresAt.ToLocalTime():HH:mm}."));
            return grant.Access;
        }
        catch (TokenException)
        {
            Tell(screen, ProviderSteps.Of(account, isForGraph, null));
            throw;
        }
    }

    private static async Task ConsentAsync(
        Screen screen, ParseResult result, OAuthAccount account, TokenClient client, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        var byDevice = result.GetValue(OnDevice) || account.Endpoints.Authorization is null;
        Grant grant;
        try
        {
            grant = byDevice
                ? await ByDeviceAsync(screen, account, client, patience.Token)
                : await ByBrowserAsync(screen, account, client, patience.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CliException(ExitCode.Refused, "nobody agreed within 15 minutes; begin again");
        }

        var consent = ConsentBook.Of(account, grant, TimeProvider.System.GetUtcNow());
        var ends = consent.Expires(account.Endpoints.IdleLife);
        await SecretCommands.SetAsync(result, account.ConsentName,
            new SecretRequest(consent.Seal().Reveal(), Expires: ends), cancel);
        screen.Line("The consent is kept, sealed." + (consent.EndsAt is not null
            ? string.Create(CultureInfo.InvariantCulture, $" It ends on {ends:yyyy-MM-dd}: is the provider's consent "
                + $"screen still in testing?")
            : ""));
    }

    private static async Task<Grant> ByDeviceAsync(
        Screen screen, OAuthAccount account, TokenClient client, CancellationToken cancel)
    {
        var asked = await client.BeginDeviceAsync(account, cancel);
        screen.Line();
        screen.Line($"Open {SafeText.Of(asked.VerificationUri)} on any device, log in as {account.User}, and type:");
        screen.Line("  " + screen.Bold(SafeText.Of(asked.UserCode)));
        return await client.AwaitDeviceAsync(account, asked, cancel);
    }

    private static async Task<Grant> ByBrowserAsync(
        Screen screen, OAuthAccount account, TokenClient client, CancellationToken cancel)
    {
        using var catcher = new RedirectCatcher();
        var asked = BrowserConsent.Ask(account, catcher.Address);
        screen.Line();
        screen.Line($"Open this address in a browser, log in as {account.User}, and agree:");
        screen.Out.WriteLine("  " + asked.Address.AbsoluteUri); // never broken: it is to be copied
        screen.Line("Is the browser on another machine? Then it ends at an address it cannot open. Paste that here:");
        var pasted = PastedAsync(screen, asked, cancel);
        var caught = catcher.CatchAsync(asked.IsAnsweredBy, cancel);
        while (true)
        {
            var first = await Task.WhenAny(caught, pasted);
            if (await first is { } address)
                return await client.RedeemAsync(account, asked, asked.CodeIn(address), cancel);
            pasted = caught; // nothing more comes from the keys
        }
    }

    // Null once there is nothing more to be read.
    private static Task<Uri> PastedAsync(
        Screen screen, BrowserConsent asked, CancellationToken cancel) => Task.Run(() =>
    {
        while ((screen.Input ?? Console.In).ReadLine() is { } line)
            if (Uri.TryCreate(line.Trim(), UriKind.Absolute, out var address) && asked.IsAnsweredBy(address))
                return address;
            else if (line.Trim().Length > 0)
                screen.Line($"That is not where it ends: that begins with {asked.RedirectTo} and is long. Once more:");
        return null!;
    }, cancel);

    private static void Tell(Screen screen, IReadOnlyList<string> steps)
    {
        screen.Line("At the provider, once:");
        foreach (var step in steps)
            if (step.StartsWith("  ", StringComparison.Ordinal))
                screen.Out.WriteLine("   " + step); // never broken: it is to be copied
            else
                screen.Line("  - " + step, hang: 4);
    }

    private static async Task<ExitCode> TryAsync(
        Screen screen, ParseResult result, List<Route> routes, CancellationToken cancel)
    {
        var code = ExitCode.Done;
        foreach (var route in routes)
        {
            screen.Line();
            screen.Line($"Trying the route {SafeText.Of(route.Name)}:");
            var answer = await RouteCommands.TryOutAsync(result, route.Name, new TrialRequest(), cancel);
            RouteCommands.Show(screen, answer);
            if (answer.Failure is not null)
                code = ExitCode.Refused;
        }

        if (routes.Count == 0)
            screen.Line("No route uses it yet: add oauth = \"NAME\" to a [[route]].");
        return code;
    }

    private static string Told(TokenException refused)
    {
        var failure = new Failure(Fault.Account, new EnhancedStatus(4, 7, 0), refused.Message, null);
        return SafeText.Of(refused.Message)
            + (Explanation.Of(failure) is { } known ? $"\n  {known.Cause}\n  To do: {known.Cure}" : "");
    }

    private static OAuthAccount AccountOf(RelayConfiguration all, string name) =>
        all.Accounts.FirstOrDefault(account => account.Name == name) ?? throw new CliException(ExitCode.NothingFound,
            all.Accounts.Count > 0
                ? $"there is no [[oauth]] account {SafeText.Of(name)}; there are: "
                    + string.Join(", ", all.Accounts.Select(account => account.Name))
                : "the configuration has no [[oauth]] account yet. One looks like this:\n\n[[oauth]]\nname = "
                    + $"\"{SafeText.Of(name)}\"\nprovider = \"microsoft\"   # or \"google\"\nuser = "
                    + "\"jira@example.com\"\nclient_id = \"…\"\n\nDocs: docs/oauth.md");
}
