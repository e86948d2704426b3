namespace Postroom.Mail.Sasl;

/// <summary>What comes of a login after a reply.</summary>
internal enum ClientExchangeMove
{
    /// <summary>Send <see cref="ClientExchange.Line"/>.</summary>
    Say,

    /// <summary>We are in.</summary>
    Succeeded,

    /// <summary>The reply is the next hop's refusal.</summary>
    Refused,

    /// <summary>We do not go on: <see cref="ClientExchange.Complaint"/>.</summary>
    Broken,
}

/// <summary>The client's side of AUTH, line by line (RFC 4954 §4).</summary>
/// <param name="offered">The words after AUTH in the reply to EHLO.</param>
internal sealed class ClientExchange(ClientCredentials who, IReadOnlyCollection<string> offered)
{
    private const string Hidden = "•••";

    // No mechanism of ours is asked more than twice, and once more where it has no initial response.
    private const int MostChallenges = 3;

    // RFC 5321 §4.5.3.1.4, with CRLF. What is longer as an initial response goes alone: tokens do.
    private const int LongestCommand = 512;

    private readonly EchoMask _mask = new(who.Secret, who.IsToken);
    private ClientMechanism? _mechanism;
    private byte[]? _deferred; // the initial response, where it did not fit behind AUTH
    private int _challenges;
    private bool _isGarbled;

    /// <summary>What to send, without CRLF.</summary>
    public string Line { get; private set; } = "";

    /// <summary>The same for a transcript.</summary>
    public string Shown { get; private set; } = "";

    /// <summary>Why we do not go on; null as long as we do.</summary>
    public string? Complaint { get; private set; }

    /// <summary>There is no mechanism that both sides know and that may be used.</summary>
    public bool IsWithoutWay { get; private set; }

    /// <summary>A reply for people: without what it repeats of a secret that we sent.</summary>
    public Reply Masked(Reply reply) => _mask.Over(reply);

    /// <summary>Of XOAUTH2 and OAUTHBEARER: the cause, which came ahead of a reply that only says no.</summary>
    public string? Reason => _mechanism?.Reason is { } reason ? _mask.Over(reason) : null;

    public ClientExchangeMove Begin()
    {
        try
        {
            if (ClientMechanism.Choose(offered, who) is { } mechanism)
                return Begin(mechanism);
            IsWithoutWay = true;
            return Break(who.WhyNone(offered));
        }
        catch (SaslException broken)
        {
            return Break(broken.Message);
        }
    }

    public ClientExchangeMove On(Reply reply)
    {
        if (reply.Code >= 400 && Unbound() is { } again)
            return Begin(again);
        if (Complaint is not null)
            return ClientExchangeMove.Broken;
        if (reply.Code == 235)
            return _mechanism!.IsComplete
                ? ClientExchangeMove.Succeeded
                : Break("the next hop let us in without proving that it knows us");
        return reply.Code == 334 ? Answer(reply.Text) : ClientExchangeMove.Refused;
    }

    private ClientExchangeMove Begin(ClientMechanism mechanism)
    {
        (_mechanism, _deferred, _challenges, Complaint) = (mechanism, null, 0, null);
        var command = $"AUTH {mechanism.Name}";
        if (mechanism.Initial() is not { } initial)
            return Say(command, command);
        var written = Convert.ToBase64String(initial);
        if (command.Length + 1 + written.Length + 2 > LongestCommand)
        {
            _deferred = initial;
            return Say(command, command);
        }

        _mask.Add(written);
        return Say($"{command} {written}", $"{command} {Hidden}");
    }

    private ClientExchangeMove Answer(string challenge)
    {
        try
        {
            if (++_challenges > MostChallenges)
                throw new SaslException("the next hop asks on and on");
            var response = _deferred ?? _mechanism!.Respond(Convert.FromBase64String(challenge));
            _deferred = null;
            var written = Convert.ToBase64String(response);
            _mask.Add(written);
            return Say(written, written.Length == 0 ? "" : Hidden);
        }
        catch (Exception broken) when (broken is SaslException or FormatException)
        {
            // A client cancels with a single asterisk; the server answers 501.
            _isGarbled = broken is FormatException;
            Complaint = _isGarbled ? "the next hop's challenge is not base64" : broken.Message;
            return Say("*", "*");
        }
    }

    // A server may offer -PLUS and not know our type of binding (RFC 5802 §6). It can only say so before it has our
    // proof; a refusal after that is one, or the mark of somebody in between.
    private ClientMechanism? Unbound() => _mechanism!.IsBindingOpen && !_isGarbled
        ? ClientMechanism.Choose(offered, who.Unbound())
        : null;

    private ClientExchangeMove Say(string line, string shown)
    {
        (Line, Shown) = (line, shown);
        return ClientExchangeMove.Say;
    }

    private ClientExchangeMove Break(string complaint)
    {
        Complaint = complaint;
        return ClientExchangeMove.Broken;
    }
}
