using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Postroom.Mail.Authentication;

namespace Postroom.Relay.Dns;

/// <summary>Whom DNS is asked of.</summary>
/// <param name="Servers">In the order in which they are asked; empty: those of the system.</param>
public sealed record DnsSettings(IReadOnlyList<IPEndPoint> Servers)
{
    /// <summary>Those of the system.</summary>
    public static DnsSettings System { get; } = new([]);
}

/// <summary>What was thought, and what it took.</summary>
/// <param name="Questions">How many were asked.</param>
public sealed record DnsThought<T>(T Thought, int Questions);

/// <summary>Asks DNS what whoever thinks wants to know, until nothing is open.</summary>
/// <remarks>
/// Only where a person asked for it: who wrote the mail chooses most of the names, and whoever serves them sees that
/// they are looked at. So all is bounded: the questions of one call, the time for all, that for one try. What is past a
/// bound is answered with a failure that says so, and so it always ends.
/// </remarks>
/// <param name="settings">As they are when it is asked.</param>
public sealed class DnsAsker(Func<DnsSettings> settings, TimeProvider clock)
{
    /// <summary>Questions of one call.</summary>
    public const int Most = 40;

    /// <summary>Servers that are asked.</summary>
    public const int MostServers = 3;

    private const int AtOnce = 8;
    private const int TriesOfEach = 2;
    private const int MostAliases = 8;

    /// <summary>For all questions of one call.</summary>
    public static TimeSpan WithinAll { get; } = TimeSpan.FromSeconds(10);

    /// <summary>For one try at one server.</summary>
    public static TimeSpan WithinTry { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Thinks, asks what is open, and thinks again.</summary>
    /// <param name="think">Holds its thought where no question is open after it.</param>
    /// <exception cref="OperationCanceledException">Who asked went away.</exception>
    public async Task<DnsThought<T>> ThinkAsync<T>(Func<Known, T> think, CancellationToken cancel)
    {
        var answers = new Dictionary<DnsQuestion, DnsAnswer>();
        var servers = Servers();
        var asked = 0;
        using var patience = new CancellationTokenSource(WithinAll, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
        using var turns = new SemaphoreSlim(AtOnce, AtOnce);
        while (true)
        {
            var known = new Known(answers);
            var thought = think(known);
            if (known.Open.Count == 0)
                return new DnsThought<T>(thought, asked);
            var now = known.Open.Take(Most - asked).ToList();
            asked += now.Count;
            var told = await Task.WhenAll(now.Select(one => InTurnAsync(servers, turns, one, (either.Token, cancel))));
            for (var i = 0; i < now.Count; i++)
                answers.Add(now[i], told[i]);
            foreach (var beyond in known.Open.Skip(now.Count))
                answers.Add(beyond, DnsAnswer.Failed(string.Create(CultureInfo.InvariantCulture,
                    $"more than {Most} questions would have to be asked")));
        }
    }

    private async Task<DnsAnswer> InTurnAsync(IReadOnlyList<IPEndPoint> servers, SemaphoreSlim turns,
        DnsQuestion question, (CancellationToken Either, CancellationToken Caller) cancel)
    {
        try
        {
            await turns.WaitAsync(cancel.Either);
        }
        catch (OperationCanceledException) when (!cancel.Caller.IsCancellationRequested)
        {
            return TooLate();
        }

        try
        {
            return await AliasesAsync(servers, question, cancel);
        }
        finally
        {
            turns.Release();
        }
    }

    // A server that does not ask on says where a name leads, and no more.
    private async Task<DnsAnswer> AliasesAsync(IReadOnlyList<IPEndPoint> servers, DnsQuestion question,
        (CancellationToken Either, CancellationToken Caller) cancel)
    {
        for (var i = 0; i < MostAliases; i++)
        {
            var reply = await OneAsync(servers, question, cancel);
            if (reply.Alias is not { } alias || !DomainName.IsName(alias))
                return reply.Answer;
            question = question with { Name = alias };
        }

        return DnsAnswer.Failed("the name leads on and on (CNAME)");
    }

    private async Task<DnsReply> OneAsync(IReadOnlyList<IPEndPoint> servers, DnsQuestion question,
        (CancellationToken Either, CancellationToken Caller) cancel)
    {
        var why = "no DNS server is known: name one as servers of [dns] in the configuration";
        foreach (var server in Enumerable.Repeat(servers, TriesOfEach).SelectMany(one => one))
        {
            using var patience = new CancellationTokenSource(WithinTry, clock);
            try
            {
                var reply = await DnsTransport.AskAsync(server, question, patience.Token, cancel.Either);
                if (reply.Answer.Outcome != DnsOutcome.Failed)
                    return reply;
                why = $"{reply.Answer.Why}, at {server}";
            }
            catch (OperationCanceledException) when (!cancel.Caller.IsCancellationRequested)
            {
                if (cancel.Either.IsCancellationRequested)
                    return new DnsReply(false, TooLate());
                why = $"no answer from {server}";
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                why = $"{server} cannot be asked: {e.Message}";
            }
        }

        return new DnsReply(false, DnsAnswer.Failed(why));
    }

    private static DnsAnswer TooLate() => DnsAnswer.Failed(string.Create(CultureInfo.InvariantCulture,
        $"the {WithinAll.TotalSeconds} seconds for all questions were over"));

    private List<IPEndPoint> Servers()
    {
        var named = settings().Servers;
        if (named.Count > 0)
            return [.. named.Take(MostServers)];
        try
        {
            // Site-local ones are those that Windows invents where it has none.
            return
            [
                .. NetworkInterface.GetAllNetworkInterfaces().SelectMany(one => one.GetIPProperties().DnsAddresses)
                    .Where(one => !one.IsIPv6SiteLocal).Distinct().Take(MostServers)
                    .Select(one => new IPEndPoint(one, 53)),
            ];
        }
        catch (NetworkInformationException)
        {
            return []; // the system does not say: nobody is asked, and the finding tells what to configure
        }
    }
}
